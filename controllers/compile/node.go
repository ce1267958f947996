package compile

import (
	"cmp"
	"strings"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/api/v1alpha1"
)

// node is everything that the world knows about one object: what its author
// wrote, what is served, and what was said of it last.
type node struct {
	kind snapshot.Kind
	name string

	// object is the current form, nil while there is none: it was deleted, or it
	// is only named by others. It is shared with its giver and never changed.
	object v1alpha1.Object
	// seen says that there has been an object: without it a record from before is
	// of an object that was deleted while nobody looked, or that cannot be read.
	seen bool
	// created is the object's creation in unix seconds, 0 where it is unknown.
	created int64
	// offer is the name of the Offer that a Goal belongs to.
	offer string
	// claim is the hash of the tracking id that an Offer or Partner asks for.
	claim uint64
	// refs are the objects and Secrets that the object names and that matter to it.
	refs []ref
	// refusal comes from outside and concerns one generation.
	refusal *refusal

	// record is what is served, nil for nothing.
	record *snapshot.Record
	// accepted says whether the current form is in order, served or not.
	accepted bool
	// told is what those that name the object were told last, held whether rivals
	// for its tracking id were told that it is taken.
	told presence
	held bool
	// goals are what an Offer offers to overrides and partner postbacks: its
	// served or switched-off goals. Nil while the offer is not served.
	goals []goalEntry
	said
}

// said is what was said of an object last, as far as its object and its record do
// not say it again: verdicts are large, and nearly all of them are the same.
type said struct {
	// judged says that there is a verdict on the current form of the object.
	judged bool
	// current says that the record is this form.
	current bool
	// trouble is what was wrong, nil for nothing.
	trouble *trouble
	// digest is that of the whole verdict, to see when it changes.
	digest uint64
}

// trouble is the part of a verdict that says what is wrong.
type trouble struct {
	accepted, resolved Condition
	refused            []Refused
}

// refusal is a reason not to accept a generation.
type refusal struct {
	generation int64
	problem    Problem
}

// presence is what those that name an object need to know of it.
type presence uint8

const (
	absent presence = iota
	unserved
	live
)

// presence returns whether the object exists, and whether others may refer to
// it: it is served.
func (n *node) presence() presence {
	switch {
	case n.object == nil:
		return absent
	case n.record == nil || n.record.Tombstone():
		return unserved
	}
	return live
}

// uid returns the current object's UID.
func (n *node) uid() string { return string(n.object.GetUID()) }

// compareAge orders objects by who wins a conflict: the older, unknown ages
// last; of one age the smaller name.
func compareAge(a, b *node) int {
	return cmp.Or(compareCreated(a.created, b.created), strings.Compare(a.name, b.name))
}

// compareCreated orders creation times; 0 is unknown and comes last.
func compareCreated(a, b int64) int {
	switch {
	case a == b:
		return 0
	case a == 0:
		return 1
	case b == 0:
		return -1
	}
	return cmp.Compare(a, b)
}

// newRecord begins the record of the current object.
func (s *space) newRecord(n *node) *snapshot.Record {
	return &snapshot.Record{
		Kind: n.kind, Network: s.name, Name: n.name,
		Generation: n.object.GetGeneration(), UID: n.uid(),
	}
}
