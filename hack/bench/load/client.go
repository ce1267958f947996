package load

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Client is the open connections of a Paced, for one goroutine. It is one loop over
// them, and they do not block: at each turn it sends what is due on idle connections and
// takes the answers that are there.
type Client struct {
	paced  Paced
	to     unix.SockaddrInet4
	epoll  int
	conns  []*connection
	idle   []*connection
	events [64]unix.EpollEvent

	began  time.Time
	sent   int
	total  int
	result Latencies
}

// Open connects. Close ends the connections.
func (p Paced) Open() (*Client, error) {
	address, err := net.ResolveTCPAddr("tcp4", p.Address)
	if err != nil {
		return nil, err
	}
	c := &Client{paced: p, to: unix.SockaddrInet4{Port: address.Port}}
	copy(c.to.Addr[:], address.IP.To4())
	if c.epoll, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return nil, fmt.Errorf("epoll: %w", err)
	}
	for range p.Connections {
		conn := &connection{client: c, fd: -1}
		if err := conn.open(); err != nil {
			c.Close()
			return nil, err
		}
		c.conns = append(c.conns, conn)
		c.idle = append(c.idle, conn)
	}
	return c, nil
}

// Close ends the connections.
func (c *Client) Close() {
	for _, conn := range c.conns {
		conn.shut()
	}
	_ = unix.Close(c.epoll) // nothing was written that could be lost
}

// grace is how long the last answers are waited for.
const grace = 10 * time.Second

// run sends total requests by the plan and takes their answers. It fails when answers
// are missing ten seconds after the last request was due, because percentiles of those
// that came would hide the worst.
func (c *Client) run(ctx context.Context, total int) error {
	c.sent, c.total = 0, total
	c.result = Latencies{All: make([]time.Duration, 0, total), Statuses: map[int]int{}}
	c.began = time.Now()
	deadline := c.began.Add(c.due(total) + grace)
	for turn := 0; len(c.result.All) < total; turn++ {
		now := time.Now()
		if turn%64 == 0 && (ctx.Err() != nil || now.After(deadline)) {
			return errors.Join(ctx.Err(), fmt.Errorf("%d of %d requests were answered in time", len(c.result.All), total))
		}
		if err := c.write(now.Sub(c.began)); err != nil {
			return err
		}
		if err := c.receive(); err != nil {
			return err
		}
	}
	return nil
}

// due is when the nth request is, from the beginning.
func (c *Client) due(n int) time.Duration {
	return time.Duration(float64(n) / c.paced.Rate * float64(time.Second))
}

// write writes the requests whose time has come to idle connections, in turn: one
// that is never used would be closed by the server. What finds none stays due.
func (c *Client) write(now time.Duration) error {
	for c.sent < c.total && len(c.idle) > 0 && c.due(c.sent) <= now {
		conn := c.idle[0]
		c.idle = c.idle[1:]
		if err := conn.write(c.sent, c.due(c.sent)); err != nil {
			return err
		}
		c.result.Behind = now - c.due(c.sent)
		c.sent++
	}
	return nil
}

// spin is the longest pause that is not slept through: waking up takes a part of it.
const spin = 200 * time.Microsecond

// pause is how long to wait for answers: not at all when one may let the next request go.
func (c *Client) pause() time.Duration {
	if c.sent == c.total || len(c.idle) == 0 {
		return 0
	}
	if left := c.due(c.sent) - time.Since(c.began); left > spin {
		return left - spin/2
	}
	return 0
}

// receive takes what has arrived, and waits for it until the next request is due.
func (c *Client) receive() error {
	n, err := c.wait(c.pause())
	if err != nil {
		return err
	}
	for _, e := range c.events[:n] {
		conn := c.conns[e.Pad]
		done, err := conn.read()
		if err != nil {
			return err
		}
		if done {
			c.result.All = append(c.result.All, time.Since(c.began)-conn.due)
			c.idle = append(c.idle, conn)
		}
	}
	return nil
}

// wait is epoll_pwait2, the only one with a timeout finer than a millisecond.
func (c *Client) wait(timeout time.Duration) (int, error) {
	spec := unix.NsecToTimespec(timeout.Nanoseconds())
	call := unix.RawSyscall6
	if timeout > 0 {
		call = unix.Syscall6
	}
	n, _, errno := call(unix.SYS_EPOLL_PWAIT2, uintptr(c.epoll), uintptr(unsafe.Pointer(&c.events[0])), uintptr(len(c.events)),
		uintptr(unsafe.Pointer(&spec)), 0, 0)
	switch errno {
	case 0:
		return int(n), nil
	case unix.EINTR:
		return 0, nil
	}
	return 0, fmt.Errorf("epoll_pwait2 (Linux 5.11 or later): %w", errno)
}
