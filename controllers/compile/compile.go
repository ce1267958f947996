package compile

import (
	"fmt"
	"slices"
	"time"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/api/v1alpha1"
)

// Delta is what one compilation changed.
type Delta struct {
	// Upserted are the new and changed records, tombstones included; Removed are
	// the keys without a record. Both are in the order of keys, and equal content
	// is no change.
	Upserted []*snapshot.Record
	Removed  []snapshot.Key
	// Verdicts are those that are new or differ from the last of their object, in
	// the order of network, kind and name. Objects that are gone have none.
	Verdicts []Verdict
}

// Apply returns records, which are in the order of their keys, as the compilation
// leaves them. It compares few of them; the slice that is given stays as it is.
func (d Delta) Apply(records []*snapshot.Record) []*snapshot.Record {
	upserted, removed := d.Upserted, d.Removed
	if len(upserted)+len(removed) == 0 {
		return records
	}
	applied := make([]*snapshot.Record, 0, len(records)+len(upserted))
	// keep copies the records before key, and leaves out the one that has it.
	keep := func(key snapshot.Key) {
		at, found := slices.BinarySearchFunc(records, key, func(r *snapshot.Record, key snapshot.Key) int { return r.Key().Compare(key) })
		applied, records = append(applied, records[:at]...), records[at:]
		if found {
			records = records[1:]
		}
	}
	for len(upserted)+len(removed) > 0 {
		if len(upserted) == 0 || len(removed) > 0 && removed[0].Compare(upserted[0].Key()) < 0 {
			keep(removed[0])
			removed = removed[1:]
			continue
		}
		keep(upserted[0].Key())
		applied = append(applied, upserted[0])
		upserted = upserted[1:]
	}
	return append(applied, records...)
}

// Compile brings records and verdicts up to date with the objects. now is the
// time of tombstones; everything else is a function of the objects and of what
// was served before.
func (w *World) Compile(now time.Time) Delta {
	if w.hosts {
		w.compileNetworks()
	}
	var delta Delta
	for _, s := range w.spaces {
		s.compile(now)
		upserted, removed := s.changes()
		delta.Upserted = append(delta.Upserted, upserted...)
		delta.Removed = append(delta.Removed, removed...)
		delta.Verdicts = append(delta.Verdicts, s.verdicts...)
		s.verdicts = nil
		if s.objects == 0 && len(s.records) == 0 && len(s.secrets) == 0 {
			delete(w.spaces, s.name)
		}
	}
	slices.SortFunc(delta.Upserted, compareRecords)
	slices.SortFunc(delta.Removed, snapshot.Key.Compare)
	slices.SortFunc(delta.Verdicts, compareVerdicts)
	return delta
}

func compareVerdicts(a, b Verdict) int {
	return snapshot.Key{Kind: a.Kind, Network: a.Network, ID: a.Name}.Compare(snapshot.Key{Kind: b.Kind, Network: b.Network, ID: b.Name})
}

// compile brings one network up to date, one level after the other. A level is
// finished before the next begins, so no level ever sees a passing state of
// another: keys change hands, and goals their offers, within one.
func (s *space) compile(now time.Time) {
	for s.expire(now); s.isDirty(); s.expire(now) { // again only when the longest look-back has shrunk
		for level := range s.dirty {
			s.compileLevel(level, now.Unix())
		}
	}
	s.sweep(now.Unix())
	if s.objects == 0 && len(s.records) == 1 && s.network.record != nil && !s.world.partial {
		s.put(s.network, nil) // nothing is left that it would serve
	}
}

// compileLevel compiles the marked objects of a level until none is marked.
func (s *space) compileLevel(level int, now int64) {
	for len(s.dirty[level]) > 0 {
		for _, n := range s.take(level) {
			s.compileNode(n, now)
		}
		s.markForgotten()
	}
}

// isDirty reports whether anything is marked.
func (s *space) isDirty() bool {
	return slices.ContainsFunc(s.dirty[:], func(level map[*node]struct{}) bool { return len(level) > 0 })
}

// compileNode brings one object up to date, an Offer together with its Goals.
func (s *space) compileNode(n *node, now int64) {
	goals := n.goals
	switch {
	case n.kind == snapshot.KindOffer:
		s.compileFamily(n, now)
	case n.object == nil:
		s.compileGone(n, now)
	default:
		s.compileObject(n, now)
	}
	s.tell(n, !slices.Equal(n.goals, goals))
	s.forget(n)
}

// tell marks those that name an object whose presence (or anything else that
// they need to know) has changed, and its rivals for a tracking id that it now
// holds or no longer does.
func (s *space) tell(n *node, changed bool) {
	if was := n.told; n.presence() != was || changed {
		n.told = n.presence()
		s.markDependents(ref{n.kind, n.name})
	}
	if n.kind != snapshot.KindOffer && n.kind != snapshot.KindPartner {
		return
	}
	if holds := n.object != nil && s.holds(n); holds != n.held {
		n.held = holds
		s.markRivals(claim{n.kind, n.claim})
	}
}

// compileGone decides what becomes of the record of an object that is gone.
func (s *space) compileGone(n *node, now int64) {
	n.accepted = false
	if n.record == nil || s.maybeThere(n) {
		return
	}
	switch n.kind {
	case snapshot.KindOffer, snapshot.KindPartner:
		s.bury(n, now)
	case snapshot.KindAdvertiser, snapshot.KindPayoutStructure:
		s.leftovers[n] = struct{}{}
	default:
		s.put(n, nil)
	}
}

// maybeThere reports whether an object that was published before the start may
// exist although it has not been given.
func (s *space) maybeThere(n *node) bool { return s.world.partial && !n.seen }

// compileObject compiles an object that is no Offer and no Goal.
func (s *space) compileObject(n *node, now int64) {
	s.reincarnate(n, now)
	f, record := &findings{}, s.newRecord(n)
	guard(f, func() { s.build(f, n, record) })
	n.applyRefusal(f)
	s.settle(n, f, record, now)
	s.say(n, f, f.servable())
}

// build makes the body of the record of an object.
func (s *space) build(f *findings, n *node, record *snapshot.Record) {
	switch o := n.object.(type) {
	case *v1alpha1.Advertiser:
		record.Advertiser = s.buildAdvertiser(f, &o.Spec)
	case *v1alpha1.PayoutStructure:
		record.Structure = s.buildStructure(f, &o.Spec)
	case *v1alpha1.Partner:
		record.Partner = s.buildPartner(f, o)
		s.claimTrackingID(f, n, record)
	case *v1alpha1.PartnerPayout:
		record.PartnerPayout = s.buildPartnerPayout(f, n, &o.Spec)
	}
	s.block(f)
}

// block refuses what would be new in a network that cannot be reached.
func (s *space) block(f *findings) {
	if s.blocked != nil {
		f.miss(*s.blocked)
	}
}

// reincarnate parts an object from the record of another one that had its name:
// it was deleted and made again while nobody looked. Advertisers and
// PayoutStructures keep theirs, because offers may live on it.
func (s *space) reincarnate(n *node, now int64) {
	if n.record == nil || n.owns(n.record) {
		return
	}
	switch n.kind {
	case snapshot.KindOffer, snapshot.KindPartner:
		s.bury(n, now)
	case snapshot.KindPartnerPayout:
		s.put(n, nil)
	}
}

// owns reports whether a record was made of the node's current object, of
// whatever generation.
func (n *node) owns(r *snapshot.Record) bool {
	return n.object != nil && r.Name == n.name && r.UID == n.uid() && !r.Tombstone()
}

// settle decides what is served of an object: the form that was just built, else
// the last good one, if its key is not somebody else's by now and the object that
// it belongs to can still be named.
func (s *space) settle(n *node, f *findings, record *snapshot.Record, now int64) {
	n.accepted = f.accepted()
	switch {
	case f.servable():
		if n.record != nil && n.record.Key() != record.Key() && record.Goal == nil {
			s.bury(n, now) // without UIDs a changed tracking id is another object
		}
		s.evict(n, record.Key())
		s.put(n, record)
	case n.record != nil && (f.lost || !s.parentKnown(n)):
		s.put(n, nil)
	}
	s.followParent(n)
}

// followParent makes a PartnerPayout depend on the Partner that its last good
// form names, when its current form names another.
func (s *space) followParent(n *node) {
	if n.record == nil || n.record.PartnerPayout == nil {
		return
	}
	if parent := (ref{snapshot.KindPartner, n.record.PartnerPayout.Partner}); !slices.Contains(n.refs, parent) {
		n.refs = append(n.refs, parent)
		s.dependents.enter(parent, n)
	}
}

// evict takes the record of another object from under a key.
func (s *space) evict(n *node, key snapshot.Key) {
	if owner := s.records[key].owner; owner != nil && owner != n {
		s.put(owner, nil)
		s.tell(owner, false)
		s.mark(owner)
	}
}

// parentKnown reports whether the object that n's served form belongs to can
// still be named: without it nothing leads to the form.
func (s *space) parentKnown(n *node) bool {
	switch r := n.record; {
	case r.Goal != nil:
		return s.known(snapshot.KindOffer, r.Goal.Offer)
	case r.PartnerPayout != nil:
		return s.known(snapshot.KindPartner, r.PartnerPayout.Partner)
	}
	return true
}

// guard runs a part of the compiler so that a panic stays with the object that
// caused it.
func guard(f *findings, run func()) {
	defer func() {
		if cause := recover(); cause != nil {
			f.problem(v1alpha1.ReasonInternalError, nil, "the compiler failed on this object: %s; please report it", clip(fmt.Sprint(cause), 200))
		}
	}()
	run()
}

// applyRefusal adds a reason not to accept the current generation that came from
// outside.
func (n *node) applyRefusal(f *findings) {
	if n.refusal == nil {
		return
	}
	if n.refusal.generation != n.object.GetGeneration() {
		n.refusal = nil
		return
	}
	f.problems = append(f.problems, n.refusal.problem)
}
