package compile

import (
	"slices"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/api/v1alpha1"
)

// graph is the objects of a namespace, what names what, and which of them must be
// compiled again.
//
// A change goes through it in two steps. Entering it (upsert, remove) moves edges and
// marks: the object itself, and those whose outcome depends on it for another reason than
// a reference, such as rivals for a tracking id. References are followed later, when the
// object was compiled and its presence has changed (namespace.notify), because most edits
// change nothing for the objects that name it.
type graph struct {
	// nodes are the objects, and what others name, by kind and name.
	nodes map[ref]*node
	// objects counts the nodes that have an object.
	objects int
	// oldest is the creation of the oldest object in unix seconds, 0 if unknown;
	// oldestStale is set when it must be looked for again.
	oldest      int64
	oldestStale bool

	// networks are the Network objects; declared is set once there has been one
	// since the start.
	networks map[*node]struct{}
	declared bool
	// hosts points to the Compiler's flag that the networks must be compared again.
	hosts *bool

	// goals are the Goals of an offer, by its name, whether or not it exists.
	goals sets[string]
	// ids are the tracking ids that Offers and Partners ask for.
	ids trackingIDs
	// dependents are the objects that name another object or a Secret.
	dependents sets[ref]
	// dirty are the objects to compile, by level.
	dirty [levels]map[*node]struct{}
}

// node returns the node of an object, a new one if there is none.
func (g *graph) node(kind snapshot.Kind, name string) *node {
	r := ref{kind, name}
	n := g.nodes[r]
	if n == nil {
		n = &node{kind: kind, name: name}
		g.nodes[r] = n
	}
	return n
}

// upsert gives a node its current object.
func (g *graph) upsert(n *node, object v1alpha1.Object) {
	g.detach(n)
	if n.object == nil {
		g.objects++
	}
	n.object, n.seen, n.judged = object, true, false
	g.declared = g.declared || n.kind == snapshot.KindNetwork
	n.created = 0
	if t := object.GetCreationTimestamp(); !t.IsZero() {
		n.created = t.Unix()
	}
	g.attach(n)
	if g.objects == 1 || compareCreated(n.created, g.oldest) < 0 {
		g.oldest = n.created
		*g.hosts = true
	}
}

// remove takes the object of a node away. What is served of it is decided by
// the next Compile.
func (g *graph) remove(n *node) {
	g.detach(n)
	n.object = nil
	n.refusal = nil
	g.objects--
	*g.hosts = *g.hosts || g.objects == 0
	g.mark(n)
	n.lastVerdict = lastVerdict{}
	if n.kind == snapshot.KindNetwork {
		g.forget(n)
	}
}

// attach enters a node under everything that its object names, and marks it and
// those whose outcome it may change.
func (g *graph) attach(n *node) {
	n.refs = ruleOf[n.kind].refs(n.object)
	for _, r := range n.refs {
		g.dependents.enter(r, n)
	}
	switch n.kind {
	case snapshot.KindNetwork:
		g.networks[n] = struct{}{}
	case snapshot.KindGoal:
		n.offer = n.object.(*v1alpha1.Goal).Spec.OfferRef.Name
		g.goals.enter(n.offer, n)
	case snapshot.KindOffer, snapshot.KindPartner:
		g.ids.enter(n)
		g.markRivals(n)
	}
	g.mark(n)
}

// detach undoes attach, and marks those whose outcome may change.
func (g *graph) detach(n *node) {
	if n.object == nil {
		return
	}
	for _, r := range n.refs {
		g.dependents.leave(r, n)
	}
	n.refs = nil
	if n.created != 0 && n.created == g.oldest {
		g.oldestStale, *g.hosts = true, true
	}
	switch n.kind {
	case snapshot.KindNetwork:
		delete(g.networks, n)
	case snapshot.KindGoal:
		g.mark(n) // its offer so far; the goal stays among that offer's until it is compiled
	case snapshot.KindOffer, snapshot.KindPartner:
		g.ids.leave(n)
		g.markRivals(n)
	}
}

// inheritGoal enters a Goal under the offer that it was served with, which need
// not be the one that it names now.
func (g *graph) inheritGoal(n *node, offer string) {
	if n.object == nil {
		n.offer = offer
	}
	g.goals.enter(offer, n)
	g.mark(g.node(snapshot.KindOffer, offer))
}

// age returns the creation of the oldest object, 0 if none is known. It is the
// age of a network without a Network.
func (g *graph) age() int64 {
	if g.oldestStale {
		g.oldest, g.oldestStale = 0, false
		for _, n := range g.nodes {
			if n.object != nil && compareCreated(n.created, g.oldest) < 0 {
				g.oldest = n.created
			}
		}
	}
	return g.oldest
}

// forget drops the node of an object that is neither there nor served.
func (g *graph) forget(n *node) {
	if n.object == nil && n.record == nil && (n.kind != snapshot.KindOffer || g.goals.len(n.name) == 0) {
		delete(g.nodes, ref{n.kind, n.name})
	}
}

// presence returns whether an object exists, and whether others may refer to it.
func (g *graph) presence(kind snapshot.Kind, name string) presence {
	if n := g.nodes[ref{kind, name}]; n != nil {
		return n.presence()
	}
	return absent
}

// offerRecord returns what is served of an Offer, nil if nothing is.
func (g *graph) offerRecord(name string) *snapshot.Record {
	if n := g.nodes[ref{snapshot.KindOffer, name}]; n != nil {
		return n.record
	}
	return nil
}

// mark enters an object among those to compile: a Goal by its offer, a Network by
// comparing all networks.
func (g *graph) mark(n *node) {
	switch n.kind {
	case snapshot.KindNetwork:
		*g.hosts = true
		return
	case snapshot.KindGoal:
		g.goals.enter(n.offer, n) // a goal that is gone must still be cleared away
		n = g.node(snapshot.KindOffer, n.offer)
	}
	level := &g.dirty[ruleOf[n.kind].level]
	if *level == nil {
		*level = map[*node]struct{}{}
	}
	(*level)[n] = struct{}{}
}

// markDependents marks the objects that name another one.
func (g *graph) markDependents(r ref) {
	for n := range g.dependents.members(r) {
		g.mark(n)
	}
}

// markRivals marks the objects that ask for the same tracking id.
func (g *graph) markRivals(n *node) {
	for other := range g.ids.claims.members(claim{n.kind, n.claim}) {
		g.mark(other)
	}
}

// markAll marks every object but the Networks.
func (g *graph) markAll() {
	for _, n := range g.nodes {
		if n.kind != snapshot.KindNetwork && (n.object != nil || n.record != nil) {
			g.mark(n)
		}
	}
	for offer := range g.goals { // goals may be served under an offer that is gone
		g.mark(g.node(snapshot.KindOffer, offer))
	}
}

// isDirty reports whether anything is marked.
func (g *graph) isDirty() bool {
	return slices.ContainsFunc(g.dirty[:], func(level map[*node]struct{}) bool { return len(level) > 0 })
}

// take returns the marked objects of a level and unmarks them: first those that
// are gone, which make room, then the older before the younger. So a tracking id that
// changes hands is free before it is asked for, and the result does not depend on the
// order of changes.
func (g *graph) take(level int) []*node {
	marked := make([]*node, 0, len(g.dirty[level]))
	for n := range g.dirty[level] {
		marked = append(marked, n)
	}
	g.dirty[level] = nil
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
