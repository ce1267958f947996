package fold

import (
	"github.com/waypost/waypost/tracker/journal"
	"github.com/waypost/waypost/tracker/ledger/judge"
)

// What waiting goes by.
const (
	// youngSeconds is the age of a click id up to which its row may still come.
	youngSeconds = 60
	// waitMicros is how long a postback waits for the row, in the time of ticks.
	waitMicros = 1_000_000
)

// Waiting is a postback that waits for the row of its visit.
type Waiting struct {
	*Postback
	Session string
	// Deadline is the tick time from which it waits no longer, in microseconds since 1970;
	// 0 until the first tick after its arrival has set it.
	Deadline int64
}

// Parking is what waits, in the order of arrival. It is empty but for moments.
//
// Trackers write beside each other, so a postback may stand in the journal before its
// visit. It waits while the visit is young and its row is missing. It leaves in one of two
// ways: the row arrives, or ticks have passed its deadline. It is then judged without the
// row. Postbacks of one session leave in the order of their arrival.
type Parking struct {
	list      []*Waiting
	bySession map[string]int // how many
}

// NewParking returns a Parking with what waits already, in the order of arrival.
func NewParking(list ...*Waiting) *Parking {
	p := &Parking{bySession: make(map[string]int)}
	for _, w := range list {
		p.put(w)
	}
	return p
}

// Len is how many postbacks wait.
func (p *Parking) Len() int { return len(p.list) }

// For returns the postbacks that wait for one of the sessions, in the order of arrival.
func (p *Parking) For(sessions func(id string) bool) []*Postback {
	var out []*Postback
	for _, w := range p.list {
		if sessions(w.Session) {
			out = append(out, w.Postback)
		}
	}
	return out
}

// Awaits reports whether a postback waits for that visit.
func (p *Parking) Awaits(session string) bool { return p.bySession[session] > 0 }

func (p *Parking) add(post *Postback) *Waiting {
	w := &Waiting{Postback: post, Session: judge.Session(post.Postback)}
	p.put(w)
	return w
}

func (p *Parking) put(w *Waiting) {
	p.list = append(p.list, w)
	p.bySession[w.Session]++
}

// take removes those that leave, and returns them in the order of arrival.
func (p *Parking) take(leaves func(*Waiting) bool) []*Waiting {
	var out, stay []*Waiting
	for _, w := range p.list {
		if !leaves(w) {
			stay = append(stay, w)
			continue
		}
		out = append(out, w)
		if p.bySession[w.Session]--; p.bySession[w.Session] == 0 {
			delete(p.bySession, w.Session)
		}
	}
	p.list = stay
	return out
}

// young reports whether the row of a postback's visit may still come. Ids of the
// future, from a clock that is ahead, are young.
func young(p *journal.Postback) bool {
	return floorDiv(p.At, 1_000_000)-p.SessionAt < youngSeconds
}

// waits reports whether a postback has to wait. What comes while others of its session
// wait is queued behind them.
func (f *Fold) waits(p *Postback) bool {
	session := judge.Session(p.Postback)
	if f.Parking == nil || session == "" || p.Terms == nil || p.Reason != "" && p.Reason != judge.ReasonUnknownGoal {
		return false
	}
	if f.Parking.Awaits(session) {
		return true
	}
	return f.visit(p.Postback) == nil && young(p.Postback)
}

// releaseDue judges what has waited for its visit long enough. The first tick after its
// arrival sets the deadline: a postback's own time is that of another clock. A tick of an
// earlier time brings it forward.
func (f *Fold) releaseDue(at int64) error {
	if f.Parking == nil {
		return nil
	}
	due := func(w *Waiting) bool { return w.Deadline != 0 && w.Deadline <= at }
	var posts []*Postback
	for _, w := range f.Parking.list {
		switch {
		case due(w):
			posts = append(posts, w.Postback)
		case w.Deadline == 0 || w.Deadline > at+waitMicros:
			w.Deadline = at + waitMicros
			f.Sink.Parked(w)
		}
	}
	if err := f.Source.Load(posts); err != nil {
		return err
	}
	f.release(due, true)
	return nil
}

// release judges those that leave.
func (f *Fold) release(leaves func(*Waiting) bool, waited bool) {
	for _, w := range f.Parking.take(leaves) {
		f.Sink.Released(w)
		w.Waited = waited
		f.judge(w.Postback)
	}
}

// floorDiv rounds down, also before 1970.
func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
