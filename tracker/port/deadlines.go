package port

import (
	"net"
	"time"
)

// deadlineListener gives out connections that set their deadlines late.
type deadlineListener struct {
	net.Listener
	slack time.Duration
	write time.Duration // for what is written without a deadline of its own
}

// Accept returns the next connection.
func (l deadlineListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err // the caller compares it
	}
	return &deadlineConn{Conn: conn, slack: l.slack, patience: l.write}, nil
}

// deadlineConn sets a deadline when it is about to read or write, and not when one
// is in force already that comes at most slack earlier: fasthttp asks for three with
// every request, which costs a kept connection more than parsing the request does.
// Unlike those of other connections, a deadline does not end a Read or Write that
// has begun. It is for one goroutine, but for Close.
type deadlineConn struct {
	net.Conn
	slack       time.Duration
	patience    time.Duration // for what is written without a deadline
	asking      bool          // something has been read since a deadline for writing was set
	last        bool          // what is written next is followed by Close
	read, write deadline
}

// deadline is the time that was asked for, and the one that the connection below has.
type deadline struct{ asked, inForce time.Time }

// renew reports whether the deadline that is in force is another one than asked
// for, and takes it for set.
func (d *deadline) renew(slack time.Duration) bool {
	if early := d.asked.Sub(d.inForce); early >= 0 && early <= slack {
		return false
	}
	d.inForce = d.asked
	return true
}

// SetDeadline is SetReadDeadline and SetWriteDeadline.
func (c *deadlineConn) SetDeadline(t time.Time) error {
	c.read.asked, c.write.asked, c.asking = t, t, false
	return nil
}

// SetReadDeadline bounds the reads that begin after it.
func (c *deadlineConn) SetReadDeadline(t time.Time) error {
	c.read.asked = t
	return nil
}

// SetWriteDeadline bounds the writes that begin after it.
func (c *deadlineConn) SetWriteDeadline(t time.Time) error {
	c.write.asked, c.asking = t, false
	return nil
}

// Read reads until the deadline, or up to slack less.
func (c *deadlineConn) Read(b []byte) (int, error) {
	if c.read.renew(c.slack) {
		if err := c.Conn.SetReadDeadline(c.read.asked); err != nil {
			return 0, err
		}
	}
	c.asking = true
	return c.Conn.Read(b)
}

// Write writes until the deadline, or up to slack less. That of the answer before does
// not count: fasthttp sets none for what it sends before or instead of an answer.
func (c *deadlineConn) Write(b []byte) (int, error) {
	if c.asking {
		c.write.asked, c.asking = time.Now().Add(c.patience), false
	}
	if c.write.renew(c.slack) {
		if err := c.Conn.SetWriteDeadline(c.write.asked); err != nil {
			return 0, err
		}
	}
	if c.last {
		return writeLast(c.Conn, b)
	}
	return c.Conn.Write(b)
}
