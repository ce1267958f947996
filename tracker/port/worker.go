package port

import (
	"errors"
	"net"
	"time"
)

// member is a connection that is not given out.
type member struct {
	net.Conn
	direct  Conn // what Conn is made of
	fd      int
	loop    *loop // that watches it; nil while it is new
	touched uint  // the loop's tick at its last request
}

// worker answers with memory of its own: one buffer for a request, one for the answers
// of a turn. Each goroutine that accepts or watches has one, so a request allocates
// nothing and shares nothing.
type worker struct {
	e       *eventListener
	answer  answerFunc
	request []byte
	answers []byte
}

func newWorker(e *eventListener) worker {
	return worker{e: e, answer: e.o.NewAnswer(), request: make([]byte, e.o.RequestBytes)}
}

// reply is a part of the worker's answers.
type reply struct {
	to         *member
	start, end int
	last       bool
}

// first answers the first request of a connection, if it has come.
func (w *worker) first(conn net.Conn) {
	m := &member{Conn: conn, direct: connOf(conn)}
	if m.direct == nil {
		w.e.give(conn, nil)
		return
	}
	w.answers = w.answers[:0]
	if r, ok := w.exchange(m, false); ok && w.send(r) {
		w.e.join(m)
	}
}

// refuse turns a connection away. What it has sent is read as far as it has come: unread,
// it would break the connection off before the peer has the answer.
func (w *worker) refuse(conn net.Conn) {
	if direct := connOf(conn); direct != nil {
		_, _ = direct.ReadNow(w.request)
	}
	if err := conn.SetWriteDeadline(time.Now().Add(time.Second)); err == nil {
		_, _ = writeLast(conn, w.e.o.Full()) // the peer is sent away either way
	}
	w.e.drop(conn)
}

// exchange reads a request and makes its answer; ok reports whether there is one to
// be sent. Where there is more than the request (the end, or what is urgent) no
// event would report that again, so the connection is given out.
func (w *worker) exchange(m *member, more bool) (r reply, ok bool) {
	n, err := m.direct.ReadNow(w.request)
	request := w.request[:n]
	switch {
	case errors.Is(err, errWouldWait):
		if m.loop == nil {
			w.lend(m, nil)
		}
		return reply{}, false
	case err != nil:
		w.drop(m)
		return reply{}, false
	case more || n == len(w.request):
		w.lend(m, request)
		return reply{}, false
	}
	start := len(w.answers)
	answers, result := w.answer(w.answers, m.Conn, request)
	if result == declined {
		w.lend(m, request)
		return reply{}, false
	}
	w.answers = answers
	return reply{to: m, start: start, end: len(answers), last: result == answeredLast}, true
}

// send sends an answer, and reports whether the connection goes on here. What a slow
// peer does not take is copied and left to a goroutine of its own (settle), because the
// buffer is needed for the next turn.
func (w *worker) send(r reply) bool {
	m, b := r.to, w.answers[r.start:r.end]
	n, err := m.direct.WriteNow(b, r.last)
	switch {
	case errors.Is(err, errWouldWait): // the peer does not read
		m.leave()
		w.e.settle(m, clone(b[n:]), r.last)
		return false
	case err != nil || r.last:
		w.drop(m)
		return false
	}
	return true
}

// lend gives a connection out, of which a request, or a part of one, has been read.
func (w *worker) lend(m *member, request []byte) {
	m.leave()
	w.e.give(m.Conn, clone(request))
}

// drop closes a connection.
func (w *worker) drop(m *member) {
	m.leave()
	w.e.drop(m.Conn)
}

// leave ends that a loop watches the connection.
func (m *member) leave() {
	if m.loop != nil {
		m.loop.remove(m)
	}
}

func clone(b []byte) []byte { return append([]byte(nil), b...) }
