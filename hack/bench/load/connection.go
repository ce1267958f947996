package load

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// connection carries one request at a time.
type connection struct {
	client  *Client
	fd      int           // -1 before it is open
	request int           // the one that is on its way, by its number
	due     time.Duration // its time in the plan
	buffer  [8192]byte    // the answer, as far as it has come
	filled  int
}

// open connects; loopback answers at once.
func (c *connection) open() (err error) {
	if c.fd, err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0); err != nil {
		return fmt.Errorf("socket: %w", err)
	}
	if err := unix.Connect(c.fd, &c.client.to); err != nil {
		return fmt.Errorf("connecting to %s: %w", c.client.paced.Address, err)
	}
	if err := unix.SetsockoptInt(c.fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1); err != nil {
		return fmt.Errorf("TCP_NODELAY: %w", err)
	}
	if err := unix.SetNonblock(c.fd, true); err != nil {
		return err
	}
	e := unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLRDHUP, Fd: int32(c.fd), Pad: int32(len(c.client.conns))}
	return unix.EpollCtl(c.client.epoll, unix.EPOLL_CTL_ADD, c.fd, &e)
}

func (c *connection) shut() {
	if c.fd >= 0 {
		_ = unix.Close(c.fd) // all answers are in, or the run has failed
	}
}

// write sends a request whole: an idle connection has room for it.
func (c *connection) write(request int, due time.Duration) error {
	c.request, c.due, c.filled = request, due, 0
	data := c.client.paced.Requests[request%len(c.client.paced.Requests)]
	n, err := raw(unix.SYS_WRITE, c.fd, data)
	if err == nil && n < len(data) {
		err = errors.New("only a part was taken")
	}
	if err != nil {
		return fmt.Errorf("sending to %s: %w", c.client.paced.Address, err)
	}
	return nil
}

// read takes what there is and reports whether the answer is complete.
func (c *connection) read() (bool, error) {
	n, err := raw(unix.SYS_READ, c.fd, c.buffer[c.filled:])
	switch {
	case errors.Is(err, unix.EAGAIN), errors.Is(err, unix.EINTR):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("reading from %s: %w", c.client.paced.Address, err)
	case n == 0:
		return false, fmt.Errorf("%s closed a connection, or its answer is longer than %d bytes", c.client.paced.Address, len(c.buffer))
	}
	c.filled += n
	status, size, err := answer(c.buffer[:c.filled])
	if err != nil || size == 0 || c.filled < size {
		return false, err
	}
	c.client.result.Statuses[status]++
	if f := c.client.paced.Answered; f != nil {
		f(c.request, status, c.buffer[:c.filled])
	}
	return true, nil
}

// raw reads or writes without telling Go's scheduler of it: nothing here blocks, and the
// scheduler's watch over calls that may block wakes up every 20 µs, on this core or the
// server's.
func raw(call uintptr, fd int, data []byte) (int, error) {
	n, _, errno := unix.RawSyscall(call, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(data))), uintptr(len(data)))
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}

var (
	headEnd = []byte("\r\n\r\n")
	version = []byte("HTTP/1.1 ")
	length  = []byte("\r\nContent-Length: ")
)

// answer reads the head of an answer: its status and the size of it all, 0 while
// the head is not complete. Answers have a Content-Length.
func answer(data []byte) (status, size int, err error) {
	end := bytes.Index(data, headEnd)
	if end < 0 {
		return 0, 0, nil
	}
	head := data[:end+2]
	if !bytes.HasPrefix(head, version) || len(head) < len(version)+3 {
		return 0, 0, fmt.Errorf("not an HTTP/1.1 answer: %.40q", head)
	}
	if status, err = strconv.Atoi(string(head[len(version) : len(version)+3])); err != nil {
		return 0, 0, fmt.Errorf("status of an answer: %w", err)
	}
	at := bytes.Index(head, length)
	if at < 0 {
		return 0, 0, errors.New("an answer without Content-Length")
	}
	value, _, _ := bytes.Cut(head[at+len(length):], headEnd[:2])
	body, err := strconv.Atoi(string(value))
	if err != nil {
		return 0, 0, fmt.Errorf("length of an answer: %w", err)
	}
	return status, end + len(headEnd) + body, nil
}
