package eventloop

import (
	"errors"
	"io"
	"net"
	"sync/atomic"

	"github.com/waypost/waypost/tracker/server/address"
)

// Lent is a connection that Accept has given out. Whoever has answered its request
// may give it back. As long as it is not, it belongs to him, who closes it.
type Lent struct {
	net.Conn
	from    *Listener
	request []byte // what has been read already
	unsent  []byte // what is left of the answer before
	last    bool   // unsent ends the connection
	back    bool   // it is being given back: what has not been read is the loop's
	gone    atomic.Bool
}

// Read reads the request again, and then what follows it.
func (c *Lent) Read(b []byte) (int, error) {
	if len(c.unsent) > 0 {
		if err := c.settle(); err != nil {
			return 0, err
		}
	}
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

// settle sends what is left of the answer before.
func (c *Lent) settle() error {
	unsent := c.unsent
	c.unsent = nil
	if _, err := c.Conn.Write(unsent); err != nil {
		return err // the caller has asked to read, and compares it
	}
	if c.last {
		return io.EOF
	}
	return nil
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
// the next request is not lost. Afterwards Close does nothing.
func (c *Lent) GiveBack(reader io.Reader) {
	ahead := c.from.ahead.Get().(*[]byte) // the pool holds nothing else
	defer c.from.ahead.Put(ahead)
	c.back = true
	n, err := reader.Read(*ahead)
	switch {
	case err != nil && !errors.Is(err, address.ErrWouldWait):
		return // it has ended
	case c.gone.Swap(true):
		return // it has been closed meanwhile
	case n > 0:
		c.from.give(&Lent{Conn: c.Conn, request: clone((*ahead)[:n])})
	default:
		c.from.join(&member{Conn: c.Conn, direct: address.DirectOf(c.Conn)})
	}
}

// CanGiveBack reports whether GiveBack may be called.
func (c *Lent) CanGiveBack() bool { return address.DirectOf(c.Conn) != nil && len(c.from.loops) > 0 }
