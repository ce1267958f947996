package port

import (
	"errors"
	"io"
	"net"

	"golang.org/x/sys/unix"
)

// ReadNow reads what is there.
func (c *conn) ReadNow(b []byte) (int, error) {
	n, err := c.now(receive, b)
	if n == 0 && err == nil && len(b) > 0 {
		return 0, io.EOF
	}
	return n, err
}

// WriteNow writes what there is room for.
func (c *conn) WriteNow(b []byte, last bool) (written int, err error) {
	for err == nil && written < len(b) {
		var n int
		if last {
			n, err = c.now(c.hold, b[written:])
		} else {
			n, err = c.now(send, b[written:])
		}
		written += n
	}
	return written, err
}

// hold is sendHeld that remembers it.
func (c *conn) hold(fd int, b []byte) (int, error) {
	c.held = true
	return sendHeld(fd, b)
}

// now makes one call.
func (c *conn) now(call func(fd int, b []byte) (int, error), b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return 0, net.ErrClosed
	}
	n, err := call(c.fd, b)
	if errors.Is(err, unix.EAGAIN) {
		return 0, errWouldWait
	}
	return n, err
}

// Descriptor makes a second descriptor where Go's poller has the first: there is no
// other way out of it.
func (c *conn) Descriptor() (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return 0, net.ErrClosed
	}
	w := c.watched.Load()
	if w == nil {
		return c.fd, nil
	}
	var fd int
	var failed error
	err := w.raw.Control(func(old uintptr) {
		fd, failed = unix.FcntlInt(old, unix.F_DUPFD_CLOEXEC, 0)
	})
	if err = errors.Join(err, failed); err != nil {
		return 0, c.explain("watch", err)
	}
	c.fd = fd
	c.watched.Store(nil)
	return fd, c.explain("watch", w.file.Close())
}
