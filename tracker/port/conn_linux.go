package port

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// conn is a connection that the poller watches only from when it first has to wait.
// One that comes for one request seldom does: the request is there when it is
// accepted, and the answer fits into what the kernel takes at once. It costs four
// system calls then. Unlike those of net it has one writer at a time.
type conn struct {
	local  net.Addr
	remote net.TCPAddr
	ip     [net.IPv6len]byte // of remote

	// watched is fd in the care of the poller, nil while nothing has waited.
	watched atomic.Pointer[watched]

	mu              sync.Mutex // held while fd is used: closed meanwhile, it might be another's
	fd              int
	closed          bool
	held            bool // the kernel may be holding back what was written last
	readBy, writeBy time.Time
}

// newConn returns a connection of fd, which a peer has opened to local.
func newConn(fd int, local net.Addr, peer syscall.Sockaddr) *conn {
	c := &conn{fd: fd, local: local}
	switch peer := peer.(type) {
	case *syscall.SockaddrInet4:
		c.remote = net.TCPAddr{IP: append(c.ip[:0], peer.Addr[:]...), Port: peer.Port}
	case *syscall.SockaddrInet6:
		c.remote = net.TCPAddr{IP: append(c.ip[:0], peer.Addr[:]...), Port: peer.Port}
	}
	return c
}

// Read reads what is there, and waits if nothing is.
func (c *conn) Read(b []byte) (int, error) {
	if len(b) == 0 {
		return 0, nil // which is not the end of the stream
	}
	n, err := c.read(b)
	if n == 0 && err == nil {
		return 0, io.EOF
	}
	return n, c.explain("read", err)
}

// read tries without the poller first. Only when nothing is there does it register the
// descriptor, and from then on reads and waits through Go's poller.
func (c *conn) read(b []byte) (int, error) {
	w := c.watched.Load()
	if w == nil {
		n, err := c.try(&c.readBy, func() (int, error) { return receive(c.fd, b) })
		if !errors.Is(err, unix.EAGAIN) {
			return n, err
		}
		if w, err = c.watch(); err != nil {
			return 0, err
		}
	}
	n, err := w.read(b)
	return n, c.unlessClosed(err)
}

// Write writes what there is room for, and waits for room for the rest.
func (c *conn) Write(b []byte) (int, error) {
	if w := c.watched.Load(); w != nil {
		n, err := w.write(b)
		return n, c.explain("write", c.unlessClosed(err))
	}
	n, err := c.try(&c.writeBy, func() (int, error) { return send(c.fd, b) })
	return c.finish(b, n, err)
}

// WriteLast is Write, but what it writes may wait for Close: a packet less for the
// network, and for the machines at both of its ends.
func (c *conn) WriteLast(b []byte) (int, error) {
	n, err := c.try(&c.writeBy, func() (int, error) { return c.hold(c.fd, b) })
	return c.finish(b, n, err)
}

// try makes a call that returns EAGAIN instead of waiting.
func (c *conn) try(by *time.Time, call func() (int, error)) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return 0, net.ErrClosed
	}
	if !by.IsZero() && !time.Now().Before(*by) {
		return 0, os.ErrDeadlineExceeded
	}
	return call()
}

// finish writes what is left of b after a try that wrote n bytes of it.
func (c *conn) finish(b []byte, n int, err error) (int, error) {
	if err == nil && n == len(b) {
		return n, nil
	}
	if err != nil && !errors.Is(err, unix.EAGAIN) {
		return n, c.explain("write", err)
	}
	w, err := c.watch()
	if err != nil {
		return n, c.explain("write", err)
	}
	rest, err := w.write(b[n:])
	return n + rest, c.explain("write", c.unlessClosed(err))
}

// unlessClosed returns net.ErrClosed where a wait has ended because of Close.
func (c *conn) unlessClosed(err error) error {
	if err == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return net.ErrClosed
	}
	return err
}

// explain returns an error in the form of those of net.
func (c *conn) explain(op string, err error) error {
	if err == nil || errors.Is(err, io.EOF) {
		return err // the caller compares it
	}
	if errors.Is(err, os.ErrClosed) {
		err = net.ErrClosed
	}
	return &net.OpError{Op: op, Net: c.local.Network(), Source: c.local, Addr: &c.remote, Err: err}
}

// Close closes the connection; a Read or Write that waits returns. What was held back
// goes out with the end of the stream: without the shutdown it would be lost if the
// peer has sent more than was read.
func (c *conn) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return c.explain("close", net.ErrClosed)
	}
	c.closed = true
	if c.held {
		_ = unix.Shutdown(c.fd, unix.SHUT_WR) // fails where the peer has gone, and so has the use of the rest
	}
	if w := c.watched.Load(); w != nil {
		return c.explain("close", w.file.Close())
	}
	return c.explain("close", unix.Close(c.fd))
}

// LocalAddr returns the address of the port.
func (c *conn) LocalAddr() net.Addr { return c.local }

// RemoteAddr returns the address of the peer.
func (c *conn) RemoteAddr() net.Addr { return &c.remote }
