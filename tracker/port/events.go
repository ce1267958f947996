package port

import (
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// outcome is what has become of a request.
type outcome uint8

// The outcomes of an answerFunc.
const (
	// declined: the request is not whole, has to wait, or is unusual. The connection
	// is given out, and the request is read from it again.
	declined outcome = iota
	// kept: it is answered, and another one may follow.
	kept
	// answeredLast: it is answered, and the connection is closed.
	answeredLast
)

// answerFunc answers the request that has come in on a connection: it appends the answer
// to answers. It must not wait, and keeps none of its arguments. Each is used by one
// goroutine.
type answerFunc func(answers []byte, conn net.Conn, request []byte) ([]byte, outcome)

// loopOptions are the rules of an eventListener. All are required.
type loopOptions struct {
	// NewAnswer makes an answerFunc for each goroutine.
	NewAnswer func() answerFunc
	// Full returns the answer to a connection beyond Connections.
	Full func() []byte
	// Loops is how many goroutines answer; as many again accept.
	Loops int
	// RequestBytes bounds a request; a longer one is given out.
	RequestBytes int
	// Connections bounds how many are open, those that are given out included.
	Connections int
	// Idle is how long a connection may be quiet between two requests, and Write how
	// long its peer may take for an answer. A tenth of Idle may be missing.
	Idle, Write time.Duration
}

// eventListener answers what it can, and gives out the other connections. It is safe
// for concurrent use. It contains nothing of HTTP: an answerFunc makes bytes of bytes.
type eventListener struct {
	inner net.Listener
	o     loopOptions
	loops []*loop
	out   chan net.Conn
	next  atomic.Uint64 // counts what has joined a loop
	open  atomic.Int64
	ahead sync.Pool // of *[]byte, for what has been read behind a request

	done    context.Context // until Close
	failed  chan struct{}   // closed when nothing is accepted any more
	failure error           // why; set before failed is closed
	fail    sync.Once
	close   func() error
	running sync.WaitGroup
}

// newEventListener starts to accept connections of l, which it closes. Those that are no
// Conn, all of them where there is no epoll, are given out.
func newEventListener(l net.Listener, o loopOptions) (*eventListener, error) {
	e := &eventListener{inner: l, o: o, out: make(chan net.Conn), failed: make(chan struct{})}
	done, cancel := context.WithCancel(context.Background())
	e.done, e.close = done, sync.OnceValue(func() error { return e.end(cancel) })
	e.ahead.New = func() any {
		b := make([]byte, o.RequestBytes)
		return &b
	}
	for range o.Loops {
		p, err := newPoller()
		if errors.Is(err, errors.ErrUnsupported) {
			break
		}
		if err != nil {
			for _, made := range e.loops {
				err = errors.Join(err, made.poller.close())
			}
			return nil, errors.Join(err, e.Close())
		}
		e.loops = append(e.loops, newLoop(e, p))
	}
	for _, loop := range e.loops {
		e.running.Go(loop.run)
	}
	for range o.Loops {
		e.running.Go(e.accept)
	}
	return e, nil
}

// Accept returns the next connection that is not answered here. What has been read of
// it already is read again. lent.giveBack returns it.
func (e *eventListener) Accept() (net.Conn, error) {
	select {
	case c := <-e.out:
		return c, nil
	case <-e.failed:
		return nil, e.failure
	}
}

// Close closes the port and the connections that have not been given out, and returns
// when it has. Requests that are there are answered before.
func (e *eventListener) Close() error { return e.close() }

func (e *eventListener) end(cancel func()) error {
	err := e.inner.Close()
	cancel()
	for _, loop := range e.loops {
		_ = loop.poller.wakeAt(time.Now()) // fails where the loop has ended
	}
	e.running.Wait()
	e.stop(net.ErrClosed) // where nothing has been accepted yet
	return err
}

// Addr returns the address of the port.
func (e *eventListener) Addr() net.Addr { return e.inner.Addr() }

// stop ends Accept with an error.
func (e *eventListener) stop(why error) {
	e.fail.Do(func() {
		e.failure = why
		close(e.failed)
	})
}

// accept takes the connections that come. Their first request comes with them, and
// many have no other: that one is answered here, so no loop has to wake.
func (e *eventListener) accept() {
	w := newWorker(e)
	for {
		conn, err := e.inner.Accept()
		if err != nil {
			e.stop(err)
			return
		}
		if e.open.Add(1) > int64(e.o.Connections) {
			w.refuse(conn)
			continue
		}
		w.first(conn)
	}
}

// drop closes a connection of this Listener.
func (e *eventListener) drop(conn net.Conn) {
	e.open.Add(-1)
	_ = conn.Close() // the peer has gone, or is sent away
}

// give gives a connection out, of which something may have been read.
func (e *eventListener) give(conn net.Conn, request []byte) {
	c := &lent{Conn: conn, from: e, request: request}
	select {
	case e.out <- c:
	case <-e.done.Done():
		_ = c.Close() // Accept has ended
	}
}

// join has one of the loops watch a connection. Where that cannot be, for want of
// descriptors or memory, a goroutine does.
func (e *eventListener) join(m *member) {
	if !e.loops[e.next.Add(1)%uint64(len(e.loops))].add(m) {
		go e.watch(m.Conn)
	}
}

// watch gives a connection out when it sends something. It is for connections that have
// been answered: where the first request is late, the owner answers that.
func (e *eventListener) watch(conn net.Conn) {
	if err := conn.SetReadDeadline(time.Now().Add(e.o.Idle)); err != nil {
		e.drop(conn)
		return
	}
	stop := context.AfterFunc(e.done, func() { _ = conn.SetReadDeadline(time.Now()) }) // it is closed below
	defer stop()
	request := make([]byte, e.o.RequestBytes)
	n, err := conn.Read(request)
	if err == nil {
		err = conn.SetReadDeadline(time.Time{})
	}
	if err != nil {
		e.drop(conn)
		return
	}
	e.give(conn, request[:n])
}

// settle sends what is left of an answer to a peer that is slow to read, after which
// the connection goes on. Close waits for it, as for what it is part of.
func (e *eventListener) settle(m *member, rest []byte, last bool) {
	e.running.Go(func() {
		err := m.SetWriteDeadline(time.Now().Add(e.o.Write))
		if err == nil {
			_, err = m.Write(rest)
		}
		if err == nil {
			err = m.SetWriteDeadline(time.Time{})
		}
		if err != nil || last {
			e.drop(m.Conn)
			return
		}
		e.join(&member{Conn: m.Conn, direct: m.direct})
	})
}
