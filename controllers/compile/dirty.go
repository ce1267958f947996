package compile

import (
	"slices"

	"github.com/waypost/waypost/api/snapshot"
)

// levels is how many steps a compilation takes: an object is compiled after
// everything that it names. Goals are compiled with their offer. Networks come
// before all of these, because they are compared across namespaces.
const levels = 4

// levelOf returns the step in which objects of a kind are compiled.
func levelOf(kind snapshot.Kind) int {
	switch kind {
	case snapshot.KindAdvertiser, snapshot.KindPayoutStructure:
		return 0
	case snapshot.KindOffer, snapshot.KindGoal:
		return 1
	case snapshot.KindPartner:
		return 2
	}
	return 3 // PartnerPayout
}

// mark says that an object must be compiled again.
func (s *space) mark(n *node) {
	switch n.kind {
	case snapshot.KindNetwork:
		s.world.hosts = true
		return
	case snapshot.KindGoal:
		s.goals.enter(n.offer, n) // a goal that is gone must still be cleared away
		n = s.node(snapshot.KindOffer, n.offer)
	}
	level := &s.dirty[levelOf(n.kind)]
	if *level == nil {
		*level = map[*node]struct{}{}
	}
	(*level)[n] = struct{}{}
}

// markDependents marks the objects that name another one.
func (s *space) markDependents(r ref) {
	for n := range s.dependents.members(r) {
		s.mark(n)
	}
}

// markRivals marks the objects that ask for the same tracking id.
func (s *space) markRivals(c claim) {
	for n := range s.claims.members(c) {
		s.mark(n)
	}
}

// markAll marks every object but the Networks.
func (s *space) markAll() {
	for _, n := range s.nodes {
		if n.kind != snapshot.KindNetwork && (n.object != nil || n.record != nil) {
			s.mark(n)
		}
	}
	for offer := range s.goals { // goals may be served under an offer that is gone
		s.mark(s.node(snapshot.KindOffer, offer))
	}
}

// take returns the marked objects of a level and unmarks them: first those that
// are gone, which make room, then the older before the younger.
func (s *space) take(level int) []*node {
	marked := make([]*node, 0, len(s.dirty[level]))
	for n := range s.dirty[level] {
		marked = append(marked, n)
	}
	s.dirty[level] = nil
	slices.SortFunc(marked, func(a, b *node) int {
		if (a.object == nil) != (b.object == nil) {
			if a.object == nil {
				return -1
			}
			return 1
		}
		return compareAge(a, b)
	})
	return marked
}
