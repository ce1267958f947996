package compile

import (
	"cmp"
	"slices"
	"strings"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/api/v1alpha1"
)

// node is everything that is known of one object: its current form, what is served
// of it, and its last verdict.
type node struct {
	kind snapshot.Kind
	name string

	// object is the current form, nil while there is none: it was deleted, or it
	// is only named by others. It is shared with its giver and never changed.
	object v1alpha1.Object
	// seen is set once there has been an object: without it a record from before is
	// of an object that was deleted before the start, or that cannot be read.
	seen bool
	// created is the object's creation in unix seconds, 0 where it is unknown.
	created int64
	// offer is the name of the Offer that a Goal belongs to.
	offer string
	// claim is the hash of the tracking id that an Offer or Partner asks for.
	claim uint64
	// refs are the objects and Secrets that the object names and that matter to it.
	refs []ref
	// refusal is a reason from outside not to accept the generation refused.
	refusal *Problem
	refused int64

	// record is what is served, nil for nothing.
	record *snapshot.Record
	// accepted is set while the current form is in order, served or not.
	accepted bool
	// known is the presence that dependents were compiled with, held whether rivals
	// for the tracking id were compiled with it taken.
	known presence
	held  bool
	// goals are what overrides and partner postbacks may name of an Offer: its served
	// or switched-off goals. Nil while the offer is not served.
	goals []*snapshot.Goal
	lastVerdict
}

// lastVerdict is the last verdict on an object as far as its object and its record
// do not hold it: verdicts are large, and nearly all of them are alike.
type lastVerdict struct {
	// judged is set while there is a verdict on the current form of the object.
	judged bool
	// current is set while the record is this form.
	current bool
	// failure is what is wrong, nil for nothing.
	failure *findings
	// digest is that of the whole verdict, to see when it changes.
	digest uint64
}

// presence is what the objects that name an object depend on, and all of it: an edit that
// leaves the presence as it was compiles none of them again.
type presence uint8

const (
	absent   presence = iota // there is no such object
	unserved                 // there is one, and nothing of it is served
	live                     // a form of it is served, this one or an earlier one
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

// compareAge orders objects by which one wins a conflict: the older, unknown ages
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

// refusedFor returns the reason from outside not to accept the current generation,
// nil for none. One of another generation is forgotten.
func (n *node) refusedFor() *Problem {
	if n.refused != n.object.GetGeneration() {
		n.refusal = nil
	}
	return n.refusal
}

// owns reports whether a record was made of the node's current object, of
// whatever generation.
func (n *node) owns(r *snapshot.Record) bool {
	return n.object != nil && r.Name == n.name && r.UID == n.uid() && !r.Tombstone()
}

// findGoal finds a goal by its value, ignoring case.
func findGoal(goals []*snapshot.Goal, value string) *snapshot.Goal {
	for _, g := range goals {
		if strings.EqualFold(g.Value, value) {
			return g
		}
	}
	return nil
}

// sameGoals reports whether goals are the same to the objects that name them: no
// other field of a goal concerns those.
func sameGoals(a, b []*snapshot.Goal) bool {
	return slices.EqualFunc(a, b, func(a, b *snapshot.Goal) bool { return a.Value == b.Value && a.Private == b.Private })
}
