package compile

import (
	"cmp"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/api/v1alpha1"
)

// trackingIDs decides which Offer or Partner of a namespace has a tracking id: the
// oldest object that asks for it and is accepted, or was.
type trackingIDs struct {
	network string
	// hashes are OfferHash and PartnerHash.
	hashes map[snapshot.Kind]hash
	// claims are the objects that ask for an id, by its hash: equal ids have equal
	// hashes, and different ids with equal hashes conflict as well.
	claims sets[claim]
}

// hash is the hash of a tracking id in click ids.
type hash func(network, trackingID string) uint64

// claim is a tracking id that an Offer or Partner asks for, by its hash.
type claim struct {
	kind snapshot.Kind
	hash uint64
}

// enter enters an Offer or Partner under the id that it asks for.
func (t *trackingIDs) enter(n *node) {
	n.claim = t.hashes[n.kind](t.network, trackingIDOf(n.object))
	t.claims.enter(claim{n.kind, n.claim}, n)
}

// leave undoes enter.
func (t *trackingIDs) leave(n *node) { t.claims.leave(claim{n.kind, n.claim}, n) }

// rival returns the oldest object that is older than n and has its tracking id, nil if
// there is none.
func (t *trackingIDs) rival(n *node) *node {
	var rival *node
	for other := range t.claims.members(claim{n.kind, n.claim}) {
		if other != n && t.holds(other) && compareAge(other, n) < 0 &&
			(rival == nil || compareAge(other, rival) < 0) {
			rival = other
		}
	}
	return rival
}

// holds reports whether an object keeps its tracking id from younger ones: it is
// accepted, or its last good form has this id.
func (t *trackingIDs) holds(n *node) bool {
	if n.accepted || n.record == nil {
		return n.accepted
	}
	return t.hashes[n.kind](t.network, n.record.Key().ID) == n.claim
}

// check checks the tracking id of an Offer or Partner against its former one, which
// cannot change, and against other objects.
func (t *trackingIDs) check(f *findings, n *node, record *snapshot.Record) {
	at := root.dot("trackingID")
	key := record.Key()
	kept := n.record != nil && n.record.Key() != key
	if kept && n.uid() != "" {
		f.invalid(at, "it cannot be changed from %.64q, because links in the wild carry it: restore it, or declare a new %s", n.record.Key().ID, n.kind)
	}
	rival := t.rival(n)
	if rival == nil {
		return
	}
	f.lost = !kept
	if id := trackingIDOf(rival.object); id != key.ID {
		f.problem(v1alpha1.ReasonConflicted, at, "%.64q has the same hash as %.64q of %s %.64q, which came first: choose another", key.ID, id, n.kind, rival.name)
		return
	}
	f.problem(v1alpha1.ReasonConflicted, at, "%.64q belongs to %s %.64q, which came first: choose another", key.ID, n.kind, rival.name)
}

// trackingIDOf returns the id that an Offer or Partner asks for: its own, else its name.
func trackingIDOf(object v1alpha1.Object) string {
	switch o := object.(type) {
	case *v1alpha1.Offer:
		return cmp.Or(o.Spec.TrackingID, o.Name)
	case *v1alpha1.Partner:
		return cmp.Or(o.Spec.TrackingID, o.Name)
	}
	return object.GetName()
}
