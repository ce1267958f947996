package address

import (
	"errors"
	"net"
	"os"
	"time"
)

// watch gives fd into the care of the poller.
func (c *conn) watch() (*os.File, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil, net.ErrClosed
	}
	if file := c.watched.Load(); file != nil {
		return file, nil
	}
	file := os.NewFile(uintptr(c.fd), "connection")
	c.watched.Store(file)
	// A file that the poller has not taken refuses them.
	return file, errors.Join(file.SetReadDeadline(c.readBy), file.SetWriteDeadline(c.writeBy))
}

// SetDeadline is SetReadDeadline and SetWriteDeadline.
func (c *conn) SetDeadline(t time.Time) error {
	return errors.Join(c.SetReadDeadline(t), c.SetWriteDeadline(t))
}

// SetReadDeadline says until when reads may wait.
func (c *conn) SetReadDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return c.explain("set", net.ErrClosed)
	}
	c.readBy = t
	if file := c.watched.Load(); file != nil {
		return c.explain("set", file.SetReadDeadline(t))
	}
	return nil
}

// SetWriteDeadline says until when writes may wait.
func (c *conn) SetWriteDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return c.explain("set", net.ErrClosed)
	}
	c.writeBy = t
	if file := c.watched.Load(); file != nil {
		return c.explain("set", file.SetWriteDeadline(t))
	}
	return nil
}
