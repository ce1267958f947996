package engine

import (
	"k8s.io/apimachinery/pkg/types"

	"github.com/waypost/waypost/api/v1alpha1"
	"github.com/waypost/waypost/controllers/compile"
	"github.com/waypost/waypost/controllers/status"
)

// object is where one generation of one object is on its way to the trackers.
// Another generation is another object.
type object struct {
	uid        types.UID
	generation int64
	// bulk says that it was there when the operator began: nobody waits for it.
	bulk bool
	// stage is how far its form is, detail why it does not get on.
	stage  status.Publication
	detail string
	// revision is the first that has its form, once it is Published.
	revision int64
	// overdue says that trackers take longer than a minute.
	overdue bool
	// verdict is the label under which it is counted.
	verdict string
}

// Verdicts as labels of the metric.
const (
	verdictPending    = "pending"
	verdictAccepted   = "accepted"
	verdictRefused    = "refused"
	verdictUnresolved = "unresolved"
)

// receive takes what the informers have seen.
func (e *Engine) receive(m mail) {
	for key, object := range m.objects {
		if object == nil {
			e.gone(key)
		} else {
			e.changed(key, object)
		}
	}
	if m.seen {
		e.manifestSeen(m.manifest)
	}
	if soon := e.Now().Add(collectSoon); m.shards && e.published != nil && soon.Before(e.collect) {
		e.collect = soon // finds out whether it is missed
	}
}

// changed takes the current form of an object.
func (e *Engine) changed(key status.Key, form v1alpha1.Object) {
	now := e.Now()
	e.readConfirmation(key, form)
	known := e.objects[key]
	if known != nil && known.uid == form.GetUID() && known.generation == form.GetGeneration() {
		e.World.Refresh(form) // a label, or the status that was just written
		return
	}
	o := &object{uid: form.GetUID(), generation: form.GetGeneration(), bulk: !e.listed, verdict: verdictPending}
	if known != nil {
		e.count(key, known, -1)
		e.Writer.Forget(key)
	}
	e.count(key, o, +1)
	e.objects[key] = o
	e.index(key, true)
	e.waiting.Remove(key)
	e.fresh[key] = struct{}{}
	if observed := form.GetObjectStatus().ObservedGeneration; o.bulk && (observed <= 0 || observed == o.generation) {
		// Nobody has just edited it, and its status says nothing that is no longer
		// so. To read and publish everything takes longer than a moment: two
		// statuses of each would be written, the first at the cost of the snapshot.
		e.late.overdueOnly(key, o, now)
	} else {
		e.late.expect(key, o, now)
	}
	if e.secrets.park(key, form, e.Secrets) {
		return
	}
	e.upsert(form)
}

// upsert hands an object to the compiler, once everything it needs is there.
func (e *Engine) upsert(form v1alpha1.Object) {
	if err := e.World.Upsert(form); err != nil {
		e.Log.Error(err, "an object cannot be compiled")
		return
	}
	e.window.Note(e.Now())
}

// gone forgets an object that was deleted.
func (e *Engine) gone(key status.Key) {
	if o := e.objects[key]; o != nil {
		e.count(key, o, -1)
	}
	delete(e.objects, key)
	e.index(key, false)
	delete(e.fresh, key)
	delete(e.confirmed, key)
	e.waiting.Remove(key)
	e.Writer.Forget(key)
	e.secrets.release(key, e.Secrets)
	e.World.Delete(key.Kind, key.Namespace, key.Name)
	e.window.Note(e.Now())
}

// count adds an object to the metric, or takes it away.
func (e *Engine) count(key status.Key, o *object, by float64) {
	e.Metrics.Objects.WithLabelValues(key.Kind.String(), o.verdict).Add(by)
}

// judged takes the compiler's word on an object.
func (e *Engine) judged(v compile.Verdict) {
	key := status.Key{Kind: v.Kind, Namespace: v.Network, Name: v.Name}
	o := e.objects[key]
	if o == nil || string(o.uid) != v.UID || o.generation != v.Generation {
		return // the next event will bring another verdict
	}
	e.count(key, o, -1)
	o.verdict = label(v)
	e.count(key, o, +1)
	e.waiting.Remove(key)
	e.fresh[key] = struct{}{}
	if o.stage != status.Waiting {
		// The same generation, but something it names has changed.
		o.stage, o.detail, o.overdue = status.Waiting, "", false
		e.late.expect(key, o, e.Now())
	}
}

func label(v compile.Verdict) string {
	switch {
	case !v.Accepted.OK():
		return verdictRefused
	case !v.ResolvedRefs.OK():
		return verdictUnresolved
	}
	return verdictAccepted
}

// settle moves the fresh objects on: those whose form is published wait for
// trackers, those that cannot be published as they are say so.
func (e *Engine) settle() {
	for key := range e.fresh {
		o := e.objects[key]
		switch v, judged := e.verdict(key, o); {
		case !judged:
			// Waits for a Secret, or for the next compilation.
		case !servable(v):
			delete(e.fresh, key)
			o.stage = status.Published
			e.submit(key)
		case e.holds(key):
			e.stuck(key, o, status.Held, e.heldBecause(key.Namespace))
		case !e.book.differs(key) && e.published != nil:
			e.await(key, o)
		case e.pinned() != 0:
			e.stuck(key, o, status.Pinned, e.pinnedBecause())
		case o.stage != status.Waiting && o.stage != status.Failed:
			o.stage, o.detail = status.Waiting, "" // a hold or a pin has ended
		}
	}
}

// servable reports whether the judged generation is to be served, with or
// without some of its entries.
func servable(v compile.Verdict) bool {
	return v.Accepted.OK() && v.Current && (v.ResolvedRefs.OK() || v.ResolvedRefs.Reason == v1alpha1.ReasonEntriesRefused)
}

// verdict returns the compiler's word on exactly this generation.
func (e *Engine) verdict(key status.Key, o *object) (compile.Verdict, bool) {
	v, ok := e.World.Verdict(key.Kind, key.Namespace, key.Name)
	return v, ok && o != nil && v.UID == string(o.uid) && v.Generation == o.generation
}

// stuck says that an object waits for a person.
func (e *Engine) stuck(key status.Key, o *object, stage status.Publication, detail string) {
	if o.stage != stage || o.detail != detail {
		o.stage, o.detail = stage, detail
		e.submit(key)
	}
}

// await makes a published object wait for the trackers.
func (e *Engine) await(key status.Key, o *object) {
	delete(e.fresh, key)
	o.stage, o.detail, o.revision = status.Published, "", e.published.Revision
	if e.served >= o.revision && !e.crew.nobody {
		e.submit(key)
		return
	}
	e.waiting.Add(key, o.revision)
}

// submit hands over what became of an object.
func (e *Engine) submit(key status.Key) {
	o := e.objects[key]
	if o == nil {
		return
	}
	facts, details := e.facts(key, o)
	e.Writer.Submit(status.Outcome{Key: key, UID: o.uid, Facts: facts, Details: details}, !o.bulk)
}

// facts gathers what the status of an object is made of.
func (e *Engine) facts(key status.Key, o *object) (status.Facts, status.Details) {
	v, judged := e.verdict(key, o)
	if !judged {
		return status.Facts{Generation: o.generation}, e.details(key)
	}
	facts := status.Facts{
		Generation: o.generation, Judged: true,
		Accepted: judgement(v.Accepted), Resolved: judgement(v.ResolvedRefs),
		Current: v.Current, Paused: v.Paused,
		Publication: o.stage, Detail: o.detail,
	}
	if v.Served {
		facts.ServedGeneration = v.ServedGeneration
	}
	if o.stage == status.Published {
		facts.Propagation = e.propagation(key, o)
	}
	return facts, e.details(key)
}

func judgement(c compile.Condition) status.Judgement {
	if c.OK() {
		return status.Judgement{}
	}
	return status.Judgement{Reason: c.Reason, Message: c.Message}
}

// details are the parts of a status beside the conditions, by the last verdict.
func (e *Engine) details(key status.Key) status.Details {
	v, ok := e.World.Verdict(key.Kind, key.Namespace, key.Name)
	if !ok {
		return status.Details{}
	}
	return status.Details{
		Refused: v.RefusedEntries(), OfferLinks: v.OfferLinks, GoalLinks: v.GoalLinks,
		Advertiser: v.Advertiser, Payout: v.Payout, Revenue: v.Revenue,
	}
}
