package port

import (
	"runtime"
	"sync"
	"time"
)

const (
	// ticks is how often in loopOptions.Idle a loop looks for connections that are idle.
	ticks = 10
	// roundsAtOnce is after how many rounds a loop that finds no end looks for them, and
	// whether it is to stop.
	roundsAtOnce = 16
)

// loop answers the requests of the connections that it watches. Its goroutine alone
// reads, answers, writes and removes; other goroutines only add connections, which is
// what the mutex is for.
//
// One turn takes up to atOnce ready connections, in three passes: the members are
// looked up under the lock, then every request is read and answered into one buffer,
// then all answers are sent. A client of many connections so wakes once a turn. After
// roundsAtOnce full rounds the loop looks at its deadlines, whatever is still ready.
//
// Idle connections are found by counting: tick grows ten times in loopOptions.Idle, a
// request notes the tick, and sweep closes what has not been touched for ten. That
// spares a timer and a reading of the clock for each request.
type loop struct {
	worker
	poller  *poller
	ready   []event
	serving []*member // those of ready
	replies []reply
	failure error

	mu      sync.Mutex
	tick    uint
	ended   bool
	members map[int]*member // by descriptor
}

// event is what a poller reports of a connection. more is set where the connection has
// other news than bytes to read: the end of the stream, or urgent data.
type event struct {
	fd   int
	more bool // than what can be read: the end, or something urgent
}

func newLoop(e *eventListener, p *poller) *loop {
	return &loop{worker: newWorker(e), poller: p, ready: make([]event, 0, atOnce), members: map[int]*member{}}
}

// run serves until the eventListener is closed or the poller fails.
func (l *loop) run() {
	tick := l.e.o.Idle / ticks
	for due := time.Now().Add(tick); l.goOn(due); {
		_ = l.poller.wait(l.serve) // has ended because it is time, or as goOn finds
		if now := time.Now(); !now.Before(due) {
			l.sweep()
			due = now.Add(tick)
		}
	}
	if l.failure == nil {
		l.serve() // what came before the end, and what it is followed by
	}
	l.end()
	if l.failure != nil {
		l.e.stop(l.failure)
	}
}

// goOn has the next wait end at a time, and reports whether there is to be one. Close
// ends a wait by setting the time too, after done has ended.
func (l *loop) goOn(until time.Time) bool {
	if l.failure == nil {
		l.failure = l.poller.wakeAt(until)
	}
	return l.failure == nil && l.e.done.Err() == nil
}

// serve answers what has come, and reports whether the loop has something else to do.
// Otherwise the poller reports when there is more.
func (l *loop) serve() (leave bool) {
	for range roundsAtOnce {
		if l.round() < atOnce {
			return l.failure != nil
		}
		runtime.Gosched() // this goroutine has found no reason to wait, and would keep its processor from others
	}
	return true
}

// round answers up to atOnce requests, and returns how many connections had something.
func (l *loop) round() int {
	l.ready, l.failure = l.poller.now(l.ready)
	n := len(l.ready)
	l.turn()
	return n
}

// turn answers the connections that are ready. Their answers leave together: a
// client of many connections wakes once for them.
func (l *loop) turn() {
	l.find()
	l.answers, l.replies = l.answers[:0], l.replies[:0]
	for i, m := range l.serving {
		if r, ok := l.exchange(m, l.ready[i].more); ok {
			l.replies = append(l.replies, r)
		}
	}
	for _, r := range l.replies {
		l.send(r)
	}
	clear(l.replies)
}

// find finds the members of the events. Only this goroutine removes members, and a
// descriptor is in one event of a round, so it is the one that is watched.
func (l *loop) find() {
	l.mu.Lock()
	defer l.mu.Unlock()
	clear(l.serving)
	l.serving = l.serving[:0]
	known := l.ready[:0]
	for _, ev := range l.ready {
		if m := l.members[ev.fd]; m != nil {
			m.touched = l.tick
			l.serving, known = append(l.serving, m), append(known, ev)
		}
	}
	l.ready = known
}

// add has the loop watch a connection, and reports whether it does. One that comes
// after the end is closed.
func (l *loop) add(m *member) bool {
	fd, err := m.direct.Descriptor()
	if err != nil {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended {
		l.e.drop(m.Conn)
		return true
	}
	m.fd, m.loop, m.touched = fd, l, l.tick
	l.members[fd] = m
	if err := l.poller.add(fd); err != nil {
		delete(l.members, fd)
		return false
	}
	return true
}

// remove ends that the loop watches a connection. It is called by the loop's goroutine
// alone, so a member that find has returned is never removed behind its back.
func (l *loop) remove(m *member) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.members, m.fd)
	l.poller.remove(m.fd)
}

// sweep closes the connections that have been idle for long.
func (l *loop) sweep() {
	l.mu.Lock()
	l.tick++
	var idle []*member
	for _, m := range l.members {
		if l.tick-m.touched >= ticks {
			idle = append(idle, m)
		}
	}
	l.mu.Unlock()
	for _, m := range idle {
		l.drop(m)
	}
}

// end closes the connections that are left, and those that come yet.
func (l *loop) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended = true
	for _, m := range l.members {
		l.e.drop(m.Conn)
	}
	clear(l.members)
	if err := l.poller.close(); l.failure == nil {
		l.failure = err
	}
}
