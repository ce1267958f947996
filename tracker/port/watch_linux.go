package port

import (
	"errors"
	"net"
	"os"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// watched is a connection in the care of the poller. What waits for it to become ready
// calls receive and send, where os.File would make system calls of the usual kind.
type watched struct {
	file             *os.File
	raw              syscall.RawConn
	reading, writing turn
}

// turn is a call that reads, or writes, when the connection is ready; one at a time.
type turn struct {
	mu   sync.Mutex
	b    []byte
	n    int
	err  error
	call func(fd uintptr) (done bool) // made once, because it would be made in memory each time
}

// ready is what becomes call.
func (t *turn) ready(now func(fd int, b []byte) (int, error)) func(uintptr) bool {
	return func(fd uintptr) bool {
		t.n, t.err = now(int(fd), t.b)
		return !errors.Is(t.err, unix.EAGAIN)
	}
}

// take waits with one of RawConn's methods until the call is done.
func (t *turn) take(wait func(func(uintptr) bool) error, b []byte) (int, error) {
	t.b, t.n, t.err = b, 0, nil
	err := wait(t.call)
	t.b = nil // it belongs to the caller
	if err != nil {
		return 0, err
	}
	return t.n, t.err
}

func (w *watched) read(b []byte) (int, error) {
	w.reading.mu.Lock()
	defer w.reading.mu.Unlock()
	return w.reading.take(w.raw.Read, b)
}

// write writes all of b.
func (w *watched) write(b []byte) (written int, err error) {
	w.writing.mu.Lock()
	defer w.writing.mu.Unlock()
	for {
		n, err := w.writing.take(w.raw.Write, b[written:])
		if written += n; err != nil || written == len(b) {
			return written, err
		}
	}
}

// watch gives fd into the care of the poller.
func (c *conn) watch() (*watched, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil, net.ErrClosed
	}
	if w := c.watched.Load(); w != nil {
		return w, nil
	}
	file := os.NewFile(uintptr(c.fd), "connection")
	raw, err := file.SyscallConn()
	if err != nil {
		return nil, err
	}
	w := &watched{file: file, raw: raw}
	w.reading.call, w.writing.call = w.reading.ready(receive), w.writing.ready(send)
	c.watched.Store(w)
	// A file that the poller has not taken refuses them.
	return w, errors.Join(file.SetReadDeadline(c.readBy), file.SetWriteDeadline(c.writeBy))
}

// SetDeadline is SetReadDeadline and SetWriteDeadline.
func (c *conn) SetDeadline(t time.Time) error {
	return errors.Join(c.SetReadDeadline(t), c.SetWriteDeadline(t))
}

// SetReadDeadline bounds how long reads may wait.
func (c *conn) SetReadDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return c.explain("set", net.ErrClosed)
	}
	c.readBy = t
	if w := c.watched.Load(); w != nil {
		return c.explain("set", w.file.SetReadDeadline(t))
	}
	return nil
}

// SetWriteDeadline bounds how long writes may wait.
func (c *conn) SetWriteDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return c.explain("set", net.ErrClosed)
	}
	c.writeBy = t
	if w := c.watched.Load(); w != nil {
		return c.explain("set", w.file.SetWriteDeadline(t))
	}
	return nil
}
