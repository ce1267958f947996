package load

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// Paced sends requests at the times of a fixed plan, whatever the answers do: a
// request that had to wait for a free connection has waited since it was due. So
// a server that stalls is not spared the requests that come meanwhile, as it is by
// clients that wait for answers ("coordinated omission").
type Paced struct {
	// Address is host:port of the server.
	Address     string
	Connections int
	// Rate is how many requests are due in a second.
	Rate float64
	// Core is where the client runs. It looks for answers without pause, unless the
	// next request is due only after a while.
	Core int
	// Requests are sent in turn, as they are.
	Requests [][]byte
	// Answered is called with the head of each answer, if it is set.
	Answered func(request int, status int, answer []byte)
}

// Latencies are what became of one run.
type Latencies struct {
	// All are the times from when each request was due to its answer.
	All []time.Duration
	// Statuses counts the answers by status.
	Statuses map[int]int
	// Behind is how long after its time the last request was sent: a client that
	// cannot keep to its plan measures itself.
	Behind time.Duration
}

// Run sends for a time, on connections of its own, and waits for the last answers.
func (p Paced) Run(ctx context.Context, d time.Duration) (Latencies, error) {
	return p.Send(ctx, p.count(d))
}

// Send sends so many requests, on connections of its own, and waits for the last answers.
func (p Paced) Send(ctx context.Context, total int) (Latencies, error) {
	c, err := p.Open()
	if err != nil {
		return Latencies{}, err
	}
	defer c.Close()
	return c.send(ctx, total)
}

// count is how many requests are due in a time.
func (p Paced) count(d time.Duration) int { return int(p.Rate * d.Seconds()) }

// Run sends for a time and waits for the last answers. Each Run begins with the first
// of the requests. After an error the Client can only be closed.
func (c *Client) Run(ctx context.Context, d time.Duration) (Latencies, error) {
	return c.send(ctx, c.paced.count(d))
}

func (c *Client) send(ctx context.Context, total int) (Latencies, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	undo, err := pin(c.paced.Core)
	if err != nil {
		return Latencies{}, err
	}
	defer undo()
	if err := c.run(ctx, total); err != nil {
		return Latencies{}, err
	}
	return c.result, nil
}

// pin keeps this thread on a core until undo. The goroutine must be locked to the thread.
func pin(core int) (undo func(), err error) {
	var before, only unix.CPUSet
	if err := unix.SchedGetaffinity(0, &before); err != nil {
		return nil, fmt.Errorf("asking for this thread's cores: %w", err)
	}
	only.Set(core)
	if err := unix.SchedSetaffinity(0, &only); err != nil {
		return nil, fmt.Errorf("pinning the client to core %d: %w", core, err)
	}
	return func() { _ = unix.SchedSetaffinity(0, &before) }, nil
}
