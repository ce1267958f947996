package trackers

import (
	"fmt"
	"time"

	"github.com/waypost/waypost/api/snapshot"
)

// Sweep is what all trackers answered at one time.
type Sweep struct {
	// At is when the sweep ended.
	At time.Time
	// Trackers are those that count, in the order of the targets.
	Trackers []Tracker
	// Starting are those that answered, but do not count because they serve nothing
	// yet: objects do not wait for them, but their complaints count.
	Starting []Tracker
}

// Tracker is one tracker that counts.
type Tracker struct {
	// Name is the target's.
	Name string
	// Status is what it answered, zero when it did not.
	Status snapshot.Status
	// Err is why there is no answer.
	Err error
}

// Count returns how many trackers count and how many of them serve the revision
// or a later one. Where the revision is the same the digest must be, too.
func (s Sweep) Count(revision int64, digest string) (acked, total int) {
	for _, t := range s.Trackers {
		if t.serves(revision, digest) {
			acked++
		}
	}
	return acked, len(s.Trackers)
}

// Complete reports whether there is a tracker, and every one serves the revision.
func (s Sweep) Complete(revision int64, digest string) bool {
	acked, total := s.Count(revision, digest)
	return total > 0 && acked == total
}

func (t Tracker) serves(revision int64, digest string) bool {
	switch {
	case t.Err != nil:
		return false
	case t.Status.Revision == revision:
		return digest == "" || t.Status.Digest == digest
	}
	return t.Status.Revision > revision
}

// Served returns the highest revision that every tracker serves, 0 when there is
// no tracker, one is silent, or one serves something else under the current
// revision's number.
func (s Sweep) Served(current int64, digest string) int64 {
	var served int64
	for i, t := range s.Trackers {
		if t.Err != nil || t.Status.Revision == current && t.Status.Digest != digest {
			return 0
		}
		if i == 0 || t.Status.Revision < served {
			served = t.Status.Revision
		}
	}
	return served
}

// Lowest returns the lowest revision that a tracker serves; ok is false when
// none answered. Revisions from there on are in use.
func (s Sweep) Lowest() (revision int64, ok bool) {
	for _, t := range s.Trackers {
		if t.Err == nil && (!ok || t.Status.Revision < revision) {
			revision, ok = t.Status.Revision, true
		}
	}
	return revision, ok
}

// Highest returns the highest revision that a tracker serves, 0 when none
// answered. After a restored etcd it may be above the manifest's.
func (s Sweep) Highest() int64 {
	var highest int64
	for _, t := range s.Trackers {
		highest = max(highest, t.Status.Revision)
	}
	return highest
}

// Schemas returns the schema versions that each answering tracker reads.
func (s Sweep) Schemas() [][]int {
	var all [][]int
	for _, t := range s.Trackers {
		if t.Err == nil {
			all = append(all, t.Status.SchemaVersions)
		}
	}
	return all
}

// Complaint names the tracker, counting or starting, cannot load the revision and
// why, "" when none complains.
func (s Sweep) Complaint(revision int64) string {
	if rejection := s.Rejection(revision); rejection != "" {
		return rejection
	}
	return Sweep{Trackers: s.Starting}.Rejection(revision)
}

// Rejection names the tracker that counts and refuses the revision, and the reason, "" when
// none does.
func (s Sweep) Rejection(revision int64) string {
	for _, t := range s.Trackers {
		if t.Err == nil && t.Status.LastError != "" && t.Status.RejectedRevision >= revision && t.Status.Revision < revision {
			return fmt.Sprintf("tracker %s refuses revision %d: %s", t.Name, t.Status.RejectedRevision, t.Status.LastError)
		}
	}
	return ""
}
