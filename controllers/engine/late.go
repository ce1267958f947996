package engine

import (
	"time"

	"github.com/waypost/waypost/controllers/status"
)

// lateness remembers which objects are on their way since when, in the order of
// time, to tell of those that take long.
type lateness struct {
	slow    []expected // told after slowAfter
	overdue []expected // told after overdueAfter
}

// expected is one object on its way.
type expected struct {
	at  time.Time
	key status.Key
	of  *object
}

// expect notes that an object has set out.
func (l *lateness) expect(key status.Key, o *object, now time.Time) {
	l.slow = append(l.slow, expected{now.Add(slowAfter), key, o})
	l.overdueOnly(key, o, now)
}

// overdueOnly notes that an object has set out of which everything has been told
// before, so that a restart does not take it back.
func (l *lateness) overdueOnly(key status.Key, o *object, now time.Time) {
	l.overdue = append(l.overdue, expected{now.Add(overdueAfter), key, o})
}

// next returns when the next one is late, zero when none is expected.
func (l *lateness) next() time.Time {
	var next time.Time
	for _, list := range [][]expected{l.slow, l.overdue} {
		if len(list) > 0 && (next.IsZero() || list[0].at.Before(next)) {
			next = list[0].at
		}
	}
	return next
}

// due removes and returns those that are late by now.
func due(list *[]expected, now time.Time) []expected {
	n := 0
	for n < len(*list) && !now.Before((*list)[n].at) {
		n++
	}
	late := (*list)[:n:n]
	*list = (*list)[n:]
	return late
}

// tellLate says in the status of objects that they take long.
func (e *Engine) tellLate() {
	now := e.Now()
	for _, x := range due(&e.late.slow, now) {
		if e.underWay(x) {
			e.submit(x.key)
		}
	}
	for _, x := range due(&e.late.overdue, now) {
		if e.underWay(x) {
			x.of.overdue = true
			e.submit(x.key)
		}
	}
	if e.crew.confirm(now) {
		e.Poller.Now()
	}
}

// underWay reports whether the very same generation has not arrived yet.
func (e *Engine) underWay(x expected) bool {
	if e.objects[x.key] != x.of {
		return false
	}
	_, fresh := e.fresh[x.key]
	return fresh || e.waiting.Has(x.key)
}
