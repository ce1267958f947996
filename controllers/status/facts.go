package status

import "fmt"

// Facts is everything that an object's conditions are made of. They are values
// only: equal Facts give equal conditions.
type Facts struct {
	// Generation is the metadata.generation that the facts are about.
	Generation int64
	// Judged is false while the compiler has not seen this generation.
	Judged bool
	// Accepted and Resolved are the compiler's verdict.
	Accepted, Resolved Judgement
	// ServedGeneration is the generation whose form is in the snapshot, 0 when
	// there is none.
	ServedGeneration int64
	// Current reports that this form is the one that was judged, and not an earlier
	// one that is kept.
	Current bool
	// Paused reports that the object's state is not Active: being served then means
	// that every tracker has that state, and does not serve the object's clicks.
	Paused bool
	// Publication is how far the snapshot with this generation is.
	Publication Publication
	// Detail goes into the message while Publication is Failed, Held or Pinned.
	Detail string
	// Propagation is which trackers serve the snapshot; it counts once it is Published.
	Propagation Propagation
}

// Judgement is the compiler's verdict on one aspect of an object. The zero value
// means that all is well.
type Judgement struct {
	// Reason is one of the reasons of api/v1alpha1, "" when all is well.
	Reason string
	// Message is for readers of the status.
	Message string
}

// OK reports whether nothing is wrong.
func (j Judgement) OK() bool { return j.Reason == "" }

// Publication is how far a snapshot is on its way to the trackers.
type Publication uint8

// The stages of a publication.
const (
	// Unpublished: the snapshot with the object is being made.
	Unpublished Publication = iota
	// Published: the manifest names it.
	Published
	// Failed: writing it failed; it is tried again.
	Failed
	// Held: it would remove most of a network's offers and waits for a confirmation.
	Held
	// Pinned: a rollback pins an earlier revision.
	Pinned
)

// Propagation is which trackers serve a published revision.
type Propagation struct {
	// Revision is the first revision with the object's current form.
	Revision int64
	// Trackers is how many are ready, Acked how many of them serve the revision.
	Trackers, Acked int
	// Complete is set once every ready tracker, and at least one, serves the
	// revision; trackers that come later load it before they are ready.
	Complete bool
	// Overdue is set when it takes longer than a minute.
	Overdue bool
	// Rejection is a tracker's reason not to load the revision, "" for none.
	Rejection string
}

// counts returns how far a revision is, for messages.
func (p Propagation) counts() string {
	s := fmt.Sprintf("revision %d: %d of %d trackers", p.Revision, p.Acked, p.Trackers)
	if p.Rejection != "" {
		s += "; " + p.Rejection
	}
	return s
}
