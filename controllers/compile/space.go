package compile

import (
	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/api/v1alpha1"
)

// space is one namespace: one network with its objects and records.
type space struct {
	world *World
	name  string

	// nodes are the objects, and what others name, by kind and name.
	nodes map[ref]*node
	// objects counts the nodes that have an object.
	objects int
	// oldest is the creation of the oldest object in unix seconds, 0 if unknown;
	// stale says that it must be looked for again.
	oldest      int64
	oldestStale bool
	secrets     map[string]map[string][]byte

	// goals are the Goals of an offer, by its name, whether or not it exists.
	goals sets[string]
	// claims are the Offers and Partners that ask for a tracking id, by its hash.
	claims sets[claim]
	// dependents are the objects that name another object or a Secret.
	dependents sets[ref]
	// dirty are the objects to compile, by level.
	dirty [levels]map[*node]struct{}

	// network owns the record of the Network, whichever object it was made of;
	// networks are the objects, holder is the one that counts, and reachable says
	// that hosts lead to its current form.
	network   *node
	networks  map[*node]struct{}
	holder    *node
	reachable bool
	// declared says that there has been a Network object since the start.
	declared bool
	// settings are what the other objects take from the record of the Network.
	settings settings
	// blocked is why objects that are not served yet cannot be: the namespace has
	// no network that can be reached. Nil while all is well.
	blocked *Problem

	shelf
	// verdicts are those that changed since they were last collected.
	verdicts []Verdict
}

// claim is a tracking id that an Offer or Partner asks for, by its hash: equal
// ids have equal hashes, and different ids with equal hashes conflict as well.
type claim struct {
	kind snapshot.Kind
	hash uint64
}

// settings are what the objects of a network take from its Network.
type settings struct {
	currency         string
	goalsDisabled    bool
	approvalDisabled bool
	encrypted        bool
	base             string // beginning of links
}

// space returns the space of a namespace, a new one if there is none.
func (w *World) space(name string) *space {
	s := w.spaces[name]
	if s == nil {
		s = &space{
			world: w, name: name,
			nodes:      map[ref]*node{},
			secrets:    map[string]map[string][]byte{},
			goals:      sets[string]{},
			claims:     sets[claim]{},
			dependents: sets[ref]{},
			network:    &node{kind: snapshot.KindNetwork},
			networks:   map[*node]struct{}{},
			shelf:      newShelf(),
		}
		w.spaces[name] = s
	}
	return s
}

// node returns the node of an object, a new one if there is none.
func (s *space) node(kind snapshot.Kind, name string) *node {
	r := ref{kind, name}
	n := s.nodes[r]
	if n == nil {
		n = &node{kind: kind, name: name}
		s.nodes[r] = n
	}
	return n
}

// upsert gives a node its current object.
func (s *space) upsert(n *node, object v1alpha1.Object) {
	s.detach(n)
	if n.object == nil {
		s.objects++
	}
	n.object, n.seen, n.judged = object, true, false
	s.declared = s.declared || n.kind == snapshot.KindNetwork
	n.created = 0
	if t := object.GetCreationTimestamp(); !t.IsZero() {
		n.created = t.Unix()
	}
	s.attach(n)
	if s.objects == 1 || compareCreated(n.created, s.oldest) < 0 {
		s.oldest = n.created
		s.world.hosts = true
	}
}

// remove takes the object of a node away. What is served of it is decided by
// the next Compile.
func (s *space) remove(n *node) {
	s.detach(n)
	n.object = nil
	n.refusal = nil
	s.objects--
	s.world.hosts = s.world.hosts || s.objects == 0
	s.mark(n)
	n.said = said{}
	if n.kind == snapshot.KindNetwork {
		s.forget(n)
	}
}

// attach enters a node under everything that its object names, and marks it and
// those whose outcome it may change.
func (s *space) attach(n *node) {
	n.refs = refsOf(n.object)
	for _, r := range n.refs {
		s.dependents.enter(r, n)
	}
	switch o := n.object.(type) {
	case *v1alpha1.Network:
		s.networks[n] = struct{}{}
	case *v1alpha1.Goal:
		n.offer = o.Spec.OfferRef.Name
		s.goals.enter(n.offer, n)
	case *v1alpha1.Offer:
		s.attachClaim(n, o.Spec.TrackingID)
	case *v1alpha1.Partner:
		s.attachClaim(n, o.Spec.TrackingID)
	}
	s.mark(n)
}

// attachClaim enters an Offer or Partner under its tracking id.
func (s *space) attachClaim(n *node, trackingID string) {
	if trackingID == "" {
		trackingID = n.name
	}
	n.claim = s.world.hashes[n.kind](s.name, trackingID)
	c := claim{n.kind, n.claim}
	s.claims.enter(c, n)
	s.markRivals(c)
}

// detach undoes attach, and marks those whose outcome may change.
func (s *space) detach(n *node) {
	if n.object == nil {
		return
	}
	for _, r := range n.refs {
		s.dependents.leave(r, n)
	}
	n.refs = nil
	if n.created != 0 && n.created == s.oldest {
		s.oldestStale, s.world.hosts = true, true
	}
	switch n.kind {
	case snapshot.KindNetwork:
		delete(s.networks, n)
	case snapshot.KindGoal:
		s.mark(n) // its offer so far; the goal stays among that offer's until it is compiled
	case snapshot.KindOffer, snapshot.KindPartner:
		c := claim{n.kind, n.claim}
		s.claims.leave(c, n)
		s.markRivals(c)
	}
}

// age returns the creation of the oldest object, 0 if none is known. It is the
// age of a network without a Network.
func (s *space) age() int64 {
	if s.oldestStale {
		s.oldest, s.oldestStale = 0, false
		for _, n := range s.nodes {
			if n.object != nil && compareCreated(n.created, s.oldest) < 0 {
				s.oldest = n.created
			}
		}
	}
	return s.oldest
}
