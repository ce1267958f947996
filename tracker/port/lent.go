package port

import (
	"errors"
	"io"
	"net"
	"sync/atomic"
	"time"
)

// lent is a connection that Accept has given out. Its owner closes it, or gives it back
// after an answer.
type lent struct {
	net.Conn
	from    *eventListener
	request []byte // what has been read already
	back    bool   // it is being given back: what has not been read is the loop's
	gone    atomic.Bool
}

// Read reads the request again, and then what follows it.
func (c *lent) Read(b []byte) (int, error) {
	if len(c.request) > 0 {
		n := copy(b, c.request)
		c.request = c.request[n:]
		return n, nil
	}
	if c.back {
		return 0, errWouldWait
	}
	return c.Conn.Read(b)
}

// WriteLast lets the connection hold b back until Close.
func (c *lent) WriteLast(b []byte) (int, error) { return writeLast(c.Conn, b) }

// Close closes the connection, if it has not been given back.
func (c *lent) Close() error {
	if c.gone.Swap(true) {
		return nil
	}
	c.from.open.Add(-1)
	return c.Conn.Close()
}

// giveBack gives the connection back after its request has been answered. reader reads
// from it, perhaps with a buffer of at most loopOptions.RequestBytes; what that holds
// of the next request is not lost. Its deadlines are over. Afterwards Close does
// nothing.
//
// The state back makes Read fail with errWouldWait once the read request is used up, so
// the one Read below returns buffered bytes only, and never waits. What it finds is
// given out again as a new request; else a loop watches the connection.
func (c *lent) giveBack(reader io.Reader) {
	ahead := c.from.ahead.Get().(*[]byte) // the pool holds nothing else
	defer c.from.ahead.Put(ahead)
	c.back = true
	_ = c.Conn.SetDeadline(time.Time{}) // fails where it has been closed, which shows below
	n, err := reader.Read(*ahead)
	switch {
	case err != nil && !errors.Is(err, errWouldWait):
		return // it has ended
	case c.gone.Swap(true):
		return // it has been closed meanwhile
	case n > 0:
		c.from.give(c.Conn, clone((*ahead)[:n]))
	default:
		c.from.join(&member{Conn: c.Conn, direct: connOf(c.Conn)})
	}
}

// canGiveBack reports whether giveBack may be called.
func (c *lent) canGiveBack() bool { return connOf(c.Conn) != nil && len(c.from.loops) > 0 }

// lentBy returns the connection that the event loop has lent, nil if there is none.
func lentBy(conn net.Conn) *lent {
	if d, ok := conn.(*deadlineConn); ok {
		if l, ok := d.Conn.(*lent); ok && l.canGiveBack() {
			return l
		}
	}
	return nil
}
