package eventloop

import (
	"errors"
	"io"
	"net"
	"sync/atomic"
	"time"

	"github.com/waypost/waypost/tracker/server/address"
)

// Lent is a connection that Accept has given out. Whoever has answered its request
// may give it back. As long as it is not, it belongs to him, who closes it.
type Lent struct {
	net.Conn
	from    *Listener
	request []byte // what has been read already
	back    bool   // it is being given back: what has not been read is the loop's
	gone    atomic.Bool
}

// Read reads the request again, and then what follows it.
func (c *Lent) Read(b []byte) (int, error) {
	if len(c.request) > 0 {
		n := copy(b, c.request)
		c.request = c.request[n:]
		return n, nil
	}
	if c.back {
		return 0, address.ErrWouldWait
	}
	return c.Conn.Read(b)
}

// WriteLast lets the connection hold b back until Close.
func (c *Lent) WriteLast(b []byte) (int, error) { return address.WriteLast(c.Conn, b) }

// Close closes the connection, if it has not been given back.
func (c *Lent) Close() error {
	if c.gone.Swap(true) {
		return nil
	}
	c.from.open.Add(-1)
	return c.Conn.Close()
}

// GiveBack gives the connection back after its request has been answered. reader reads
// from it, perhaps with a buffer of at most Options.RequestBytes; what that holds of
// the next request is not lost. Its deadlines are over. Afterwards Close does nothing.
func (c *Lent) GiveBack(reader io.Reader) {
	ahead := c.from.ahead.Get().(*[]byte) // the pool holds nothing else
	defer c.from.ahead.Put(ahead)
	c.back = true
	_ = c.Conn.SetDeadline(time.Time{}) // fails where it has been closed, which shows below
	n, err := reader.Read(*ahead)
	switch {
	case err != nil && !errors.Is(err, address.ErrWouldWait):
		return // it has ended
	case c.gone.Swap(true):
		return // it has been closed meanwhile
	case n > 0:
		c.from.give(c.Conn, clone((*ahead)[:n]))
	default:
		c.from.join(&member{Conn: c.Conn, direct: address.DirectOf(c.Conn)})
	}
}

// CanGiveBack reports whether GiveBack may be called.
func (c *Lent) CanGiveBack() bool { return address.DirectOf(c.Conn) != nil && len(c.from.loops) > 0 }
