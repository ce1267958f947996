package progress

import (
	"container/list"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/api/v1alpha1"
	"github.com/waypost/waypost/controllers/compile"
	"github.com/waypost/waypost/controllers/status"
	"github.com/waypost/waypost/controllers/trackers"
)

// State is the progress of all objects. It belongs to one goroutine.
type State struct {
	// verdict returns the compiler's last verdict on an object.
	verdict   func(status.Key) (compile.Verdict, bool)
	objects   map[status.Key]*object
	open      map[*object]struct{}
	underWay  *list.List // of *object, in the order of their revisions
	slow      deadlines
	overdue   deadlines
	presence  trackerPresence
	sweep     trackers.Sweep
	published *snapshot.Manifest // nil before the first
	served    int64              // the revision that all trackers serve
	reports   []*object
	counts    map[Count]int
}

// Count is what objects are counted by.
type Count struct {
	Kind    snapshot.Kind
	Verdict string
}

// New returns the state before any object is known. verdict returns the compiler's
// last verdict on an object; ok is false when there is none.
func New(verdict func(status.Key) (v compile.Verdict, ok bool)) *State {
	return &State{
		verdict: verdict, objects: map[status.Key]*object{}, open: map[*object]struct{}{},
		underWay: list.New(), counts: map[Count]int{},
	}
}

// Changed takes the current form of an object. bulk is set while the initial list is
// read. It returns false for a generation that is known: a label was changed, or the
// status that was just written.
func (s *State) Changed(key status.Key, form v1alpha1.Object, bulk bool, now time.Time) bool {
	known := s.objects[key]
	if known != nil && known.uid == form.GetUID() && known.generation == form.GetGeneration() {
		return false
	}
	s.Gone(key)
	o := &object{key: key, uid: form.GetUID(), generation: form.GetGeneration(), bulk: bulk}
	s.objects[key] = o
	s.count(o, verdictPending)
	s.reopen(o)
	o.since = now
	s.overdue = append(s.overdue, deadline{o, now})
	if observed := form.GetObjectStatus().ObservedGeneration; !bulk || observed > 0 && observed != o.generation {
		s.slow = append(s.slow, deadline{o, now})
	}
	// Else it was not just edited, and its status is not out of date. To read and
	// publish everything takes longer than a moment: two statuses of each would be
	// written, the first at the cost of the snapshot.
	return true
}

// Gone forgets an object that was deleted.
func (s *State) Gone(key status.Key) {
	if o := s.objects[key]; o != nil {
		s.count(o, "")
		s.close(o)
		delete(s.objects, key)
	}
}

// UID returns the UID of an object, "" for one that is not known.
func (s *State) UID(key status.Key) types.UID {
	if o := s.objects[key]; o != nil {
		return o.uid
	}
	return ""
}

// Judged takes what the compiler has found out.
func (s *State) Judged(verdicts []compile.Verdict, now time.Time) {
	for _, v := range verdicts {
		o := s.objects[status.Key{Kind: v.Kind, Namespace: v.Network, Name: v.Name}]
		if o == nil || string(o.uid) != v.UID || o.generation != v.Generation {
			continue // the next event will bring another verdict
		}
		s.count(o, label(v))
		s.reopen(o)
		if o.stage != status.Unpublished {
			// The same generation, but something it names has changed.
			o.stage, o.detail, o.overdue = status.Unpublished, "", false
			s.expect(o, now)
		}
	}
}

// Reopen takes objects back whose published form may not be the one to be served.
// Those of differing have another form published, by a rollback.
func (s *State) Reopen(keys []status.Key, differing bool) {
	for _, key := range keys {
		o := s.objects[key]
		if o == nil {
			continue
		}
		s.reopen(o)
		if differing && o.stage == status.Published {
			o.stage = status.Unpublished
		}
	}
}

// Published takes the manifest that trackers are to serve.
func (s *State) Published(m *snapshot.Manifest) { s.published = m }

// Settle moves the open objects on: those whose form is published wait for
// trackers, those that cannot be published as they are report why. stage returns how
// far the form of an object is.
func (s *State) Settle(stage func(status.Key) (status.Publication, string)) {
	for o := range s.open {
		v, judged := s.judgement(o)
		if !judged {
			continue // waits for a Secret, or for the next compilation
		}
		if !servable(v) {
			s.close(o)
			o.stage = status.Published
			s.report(o)
			continue
		}
		switch at, detail := stage(o.key); {
		case at == status.Published:
			s.send(o)
		case at == status.Unpublished && o.stage == status.Failed:
		case o.stage != at || o.detail != detail:
			o.stage, o.detail = at, detail
			if at != status.Unpublished {
				s.report(o)
			}
		}
	}
}

// servable reports whether the judged generation is to be served, with or
// without some of its entries.
func servable(v compile.Verdict) bool {
	return v.Accepted.OK() && v.Current && (v.ResolvedRefs.OK() || v.ResolvedRefs.Reason == v1alpha1.ReasonEntriesRefused)
}

// send puts an object under way whose form is published, unless all trackers serve it.
func (s *State) send(o *object) {
	s.close(o)
	o.stage, o.detail, o.revision = status.Published, "", s.published.Revision
	if s.served >= o.revision && !s.presence.none {
		s.report(o)
		return
	}
	o.underWay = s.underWay.PushBack(o)
}

// Failed notes that the open objects could not be published. Their status shows that
// when it lasts.
func (s *State) Failed(detail string, now time.Time) {
	for o := range s.open {
		if o.stage == status.Unpublished {
			o.stage, o.detail = status.Failed, detail
			s.expect(o, now)
		}
	}
}

// Acknowledge takes what trackers serve, and lets the objects arrive whose revision
// all of them serve. It returns that revision, and whether there is no tracker any
// more, or one again.
func (s *State) Acknowledge(sweep trackers.Sweep, now time.Time) (served int64, turned bool) {
	s.sweep = sweep
	if s.published == nil {
		return 0, false
	}
	acked, total := sweep.Count(s.published.Revision, s.published.Digest)
	s.served = min(sweep.Served(s.published.Revision, s.published.Digest), s.published.Revision)
	for first := s.underWay.Front(); first != nil; first = s.underWay.Front() {
		o := first.Value.(*object)
		if o.revision > s.served {
			break
		}
		s.close(o)
		if !s.presence.none {
			s.report(o)
		}
	}
	if s.presence.count(total, total > 0 && acked == total, now) {
		s.reportAll()
		turned = true
	}
	return s.served, turned
}

// reportAll reports every published object.
func (s *State) reportAll() {
	for _, o := range s.objects {
		if !o.open && o.stage == status.Published {
			o.bulk = o.bulk || o.underWay == nil
			s.report(o)
		}
	}
}

// Tick reports the objects that are late. ask is true when trackers are to be asked
// whether there is still none.
func (s *State) Tick(now time.Time) (ask bool) {
	s.reports = append(s.reports, s.slow.due(slowAfter, now)...)
	for _, o := range s.overdue.due(overdueAfter, now) {
		o.overdue = true
		s.report(o)
	}
	return s.presence.confirm(now)
}

// Next returns the times at which to call Tick; zero is never.
func (s *State) Next() [3]time.Time {
	return [3]time.Time{s.slow.next(slowAfter), s.overdue.next(overdueAfter), s.presence.due()}
}

// Sweep returns what trackers served last.
func (s *State) Sweep() trackers.Sweep { return s.sweep }

// UnderWay returns how many published objects wait for trackers.
func (s *State) UnderWay() int { return s.underWay.Len() }

// Counts returns how many objects there are by kind and verdict. It must not be changed.
func (s *State) Counts() map[Count]int { return s.counts }

// reopen makes an object wait for its publication.
func (s *State) reopen(o *object) {
	s.close(o)
	o.open = true
	s.open[o] = struct{}{}
}

// close takes an object out of the open ones, and of those under way.
func (s *State) close(o *object) {
	if o.underWay != nil {
		s.underWay.Remove(o.underWay)
	}
	delete(s.open, o)
	o.open, o.underWay = false, nil
}

// expect notes that an object has set out.
func (s *State) expect(o *object, now time.Time) {
	o.since = now
	s.slow = append(s.slow, deadline{o, now})
	s.overdue = append(s.overdue, deadline{o, now})
}

func (s *State) report(o *object) { s.reports = append(s.reports, o) }

// count counts an object by its verdict, "" for not any more.
func (s *State) count(o *object, verdict string) {
	if o.verdict != "" {
		s.counts[Count{o.key.Kind, o.verdict}]--
	}
	if o.verdict = verdict; verdict != "" {
		s.counts[Count{o.key.Kind, verdict}]++
	}
}
