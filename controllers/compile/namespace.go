package compile

import (
	"slices"
	"time"

	"github.com/waypost/waypost/api/snapshot"
)

// namespace is one network with its objects and records. It decides what is served
// of each object:
//
//   - the form that was just built, if it is servable (serve);
//   - else the last good form, as long as click ids or objects can still lead to it;
//   - for an object that is gone what its kind's disposal asks for (compileGone).
type namespace struct {
	compiler *Compiler
	name     string
	graph    graph
	records  records
	// secrets are the data of Secrets by name.
	secrets map[string]map[string][]byte
	network networkState
	// unused are Advertisers and PayoutStructures that are gone but may be served.
	unused map[*node]struct{}
	// verdicts are those that changed since they were last collected.
	verdicts []Verdict
}

// namespace returns a namespace, a new one if there is none.
func (c *Compiler) namespace(name string) *namespace {
	s := c.namespaces[name]
	if s == nil {
		s = &namespace{
			compiler: c, name: name,
			graph: graph{
				nodes: map[ref]*node{}, networks: map[*node]struct{}{}, hosts: &c.hosts,
				goals: sets[string]{}, dependents: sets[ref]{},
				ids: trackingIDs{network: name, hashes: c.hashes, claims: sets[claim]{}},
			},
			records: newRecords(c.options.Settle),
			secrets: map[string]map[string][]byte{},
			network: networkState{node: &node{kind: snapshot.KindNetwork}},
			unused:  map[*node]struct{}{},
		}
		c.namespaces[name] = s
	}
	return s
}

// compile brings one network up to date, one level after the other. A level is
// finished before the next begins, so no level is ever compiled from a passing state
// of another: keys change hands, and goals their offers, within one.
func (s *namespace) compile(now time.Time) {
	for s.expire(now); s.graph.isDirty(); s.expire(now) { // again only when the longest look-back has shrunk
		for level := range s.graph.dirty {
			s.compileLevel(level, now.Unix())
		}
	}
	s.sweep(now.Unix())
	if s.graph.objects == 0 && len(s.records.byKey) == 1 && s.network.node.record != nil && !s.compiler.partial {
		s.records.put(s.network.node, nil) // nothing is left that it would serve
	}
}

// compileLevel compiles the marked objects of a level until none is marked.
func (s *namespace) compileLevel(level int, now int64) {
	for len(s.graph.dirty[level]) > 0 {
		for _, n := range s.graph.take(level) {
			s.compileNode(n, now)
		}
		s.markForgotten()
	}
}

// compileNode brings one object up to date, an Offer together with its Goals.
func (s *namespace) compileNode(n *node, now int64) {
	goals := n.goals
	switch {
	case n.kind == snapshot.KindOffer:
		c := offerCompilation{namespace: s, offer: n, now: now, claims: newGoalClaims()}
		c.compile()
	case n.object == nil:
		s.compileGone(n, now)
	default:
		s.compileObject(n, now)
	}
	s.notify(n, !sameGoals(n.goals, goals))
	s.graph.forget(n)
}

// notify marks the objects that name n if its presence, or anything else that they
// depend on, has changed, and its rivals if its hold on its tracking id has.
func (s *namespace) notify(n *node, changed bool) {
	if was := n.known; n.presence() != was || changed {
		n.known = n.presence()
		s.graph.markDependents(ref{n.kind, n.name})
	}
	if n.kind != snapshot.KindOffer && n.kind != snapshot.KindPartner {
		return
	}
	if holds := n.object != nil && s.graph.ids.holds(n); holds != n.held {
		n.held = holds
		s.graph.markRivals(n)
	}
}

// compileGone decides what becomes of the record of an object that is gone.
func (s *namespace) compileGone(n *node, now int64) {
	n.accepted = false
	if n.record == nil || s.maybeThere(n) {
		return
	}
	switch ruleOf[n.kind].deleted {
	case entomb:
		s.records.entomb(n, now)
	case keepWhileUsed:
		s.unused[n] = struct{}{}
	case drop:
		s.records.put(n, nil)
	}
}

// maybeThere reports whether an object that was published before the start may
// exist although it has not been given.
func (s *namespace) maybeThere(n *node) bool { return s.compiler.partial && !n.seen }

// compileObject compiles an object that is no Offer and no Goal.
func (s *namespace) compileObject(n *node, now int64) {
	s.partFromNamesake(n, now)
	b, record := s.build(n, ruleOf[n.kind].build)
	s.serve(n, &b.findings, record, now)
	s.report(n, b, b.servable())
}

// partFromNamesake takes the record of another object with the same name away: that
// was deleted, and this one made, before the start. Advertisers and
// PayoutStructures keep it, because offers may need it.
func (s *namespace) partFromNamesake(n *node, now int64) {
	if n.record == nil || n.owns(n.record) {
		return
	}
	switch ruleOf[n.kind].deleted {
	case entomb:
		s.records.entomb(n, now)
	case drop:
		s.records.put(n, nil)
	case keepWhileUsed:
	}
}

// serve decides what is served of an object: the form that was just built, else
// the last good one, unless its key is another object's by now or the object that
// it belongs to is forgotten.
func (s *namespace) serve(n *node, f *findings, record *snapshot.Record, now int64) {
	n.accepted = f.accepted()
	switch {
	case f.servable():
		if n.record != nil && n.record.Key() != record.Key() {
			s.records.entomb(n, now) // without UIDs a changed tracking id is another object
		}
		s.evict(n, record.Key())
		s.records.put(n, record)
	case n.record != nil && (f.lost || !s.parentKnown(n)):
		s.records.put(n, nil)
	}
	s.followParent(n)
}

// evict takes the record of another object from under a key.
func (s *namespace) evict(n *node, key snapshot.Key) {
	if owner := s.records.byKey[key].owner; owner != nil && owner != n {
		s.records.put(owner, nil)
		s.notify(owner, false)
		s.graph.mark(owner)
	}
}

// followParent makes a PartnerPayout depend on the Partner that its last good
// form names, when its current form names another.
func (s *namespace) followParent(n *node) {
	if n.record == nil || n.record.PartnerPayout == nil {
		return
	}
	if parent := (ref{snapshot.KindPartner, n.record.PartnerPayout.Partner}); !slices.Contains(n.refs, parent) {
		n.refs = append(n.refs, parent)
		s.graph.dependents.enter(parent, n)
	}
}

// parentKnown reports whether the object that n's served form belongs to can
// still be named: without it nothing leads to the form.
func (s *namespace) parentKnown(n *node) bool {
	switch r := n.record; {
	case r.Goal != nil:
		return s.known(ref{snapshot.KindOffer, r.Goal.Offer})
	case r.PartnerPayout != nil:
		return s.known(ref{snapshot.KindPartner, r.PartnerPayout.Partner})
	}
	return true
}

// known reports whether click ids of the object, served or gone, can be named.
func (s *namespace) known(r ref) bool {
	n := s.graph.nodes[r]
	return n != nil && n.record != nil || s.records.tombstones.names[r] > 0
}

// expire removes the tombstones whose time is over, and marks what was kept for
// their sake.
func (s *namespace) expire(now time.Time) {
	s.records.expire(now)
	s.markForgotten()
}

// markForgotten marks what was kept for the sake of tombstones that are gone,
// expired or overwritten by an object with their tracking id.
func (s *namespace) markForgotten() {
	for _, r := range s.records.tombstones.forgotten {
		if r.kind == snapshot.KindOffer {
			s.graph.mark(s.graph.node(r.kind, r.name)) // for its goals
		}
		s.graph.markDependents(r)
	}
	s.records.tombstones.forgotten = nil
}

// sweep clears away Advertisers and PayoutStructures that are gone. They stay
// while a record names them, so that the last good form of an offer works as
// before; once only tombstones name an Advertiser it is one too.
func (s *namespace) sweep(now int64) {
	for n := range s.unused {
		use := s.records.uses[ref{n.kind, n.name}]
		switch {
		case n.object != nil || n.record == nil:
		case use == (useCount{}):
			s.records.put(n, nil)
			s.graph.forget(n)
		case use.served == 0 && n.kind == snapshot.KindAdvertiser && !n.record.Tombstone():
			s.records.put(n, tombstone(n.record, now))
			continue
		default:
			continue
		}
		delete(s.unused, n)
	}
}
