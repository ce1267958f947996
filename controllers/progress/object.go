package progress

import (
	"container/list"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/waypost/waypost/controllers/compile"
	"github.com/waypost/waypost/controllers/status"
)

const (
	// slowAfter is how long an object may be on its way before its status shows it.
	slowAfter = time.Second
	// overdueAfter is how long trackers may take before the status shows that the
	// object is served by some only.
	overdueAfter = time.Minute
)

// object is where one generation of one object is on its way to the trackers.
type object struct {
	key        status.Key
	uid        types.UID
	generation int64
	// bulk is set for what was there when the operator began: its status is not urgent.
	bulk bool
	// open is set until its form is published, or it is known not to be served.
	open bool
	// stage is how far its form is, detail why it does not get on.
	stage  status.Publication
	detail string
	// revision is the first that has its form, once it is Published; underWay is its
	// place among those that wait for trackers, nil for none.
	revision int64
	underWay *list.Element
	// since is when it set out, overdue that this was more than a minute ago.
	since   time.Time
	overdue bool
	// verdict is the label under which it is counted.
	verdict string
}

// onItsWay reports whether the object has not arrived.
func (o *object) onItsWay() bool { return o.open || o.underWay != nil }

// deadline is when an object is late that has set out at a time.
type deadline struct {
	*object
	since time.Time
}

// deadlines are those of objects that have set out, in the order of time.
type deadlines []deadline

// next returns when the first object is late, zero when none is expected.
func (l deadlines) next(after time.Duration) time.Time {
	if len(l) == 0 {
		return time.Time{}
	}
	return l[0].since.Add(after)
}

// due removes those that are late by now, and returns the ones that are still on
// their way since then.
func (l *deadlines) due(after time.Duration, now time.Time) (late []*object) {
	n := 0
	for ; n < len(*l) && !now.Before((*l)[n].since.Add(after)); n++ {
		if d := (*l)[n]; d.onItsWay() && d.object.since.Equal(d.since) {
			late = append(late, d.object)
		}
	}
	if *l = (*l)[n:]; len(*l) == 0 {
		*l = nil // not to keep what the initial list took
	}
	return late
}

// Verdicts as labels of the metric.
const (
	verdictPending    = "pending"
	verdictAccepted   = "accepted"
	verdictRefused    = "refused"
	verdictUnresolved = "unresolved"
)

func label(v compile.Verdict) string {
	switch {
	case !v.Accepted.OK():
		return verdictRefused
	case !v.ResolvedRefs.OK():
		return verdictUnresolved
	}
	return verdictAccepted
}
