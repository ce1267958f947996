package main

import (
	"context"
	"errors"
	"time"

	"golang.org/x/sync/errgroup"
)

// task runs until its context ends, and then returns nil. An error ends the process.
type task func(ctx context.Context) error

// stages are a process that stops in order: the front takes no more requests and
// finishes those in flight, what they left behind is flushed, and only then the
// tasks end that they needed.
type stages struct {
	front task
	// flush makes durable what the front has taken; it gets at most flushGrace.
	flush task
	back  []task
}

// flushGrace is how long entries may take to reach the journal at the end of a process.
// The shipped manifests give a pod 40 seconds or more to end, beside the drain delay
// (terminationGracePeriodSeconds), so that no flush is cut off by SIGKILL.
const flushGrace = 20 * time.Second

// run works until ctx ends or one of the tasks fails. The tasks at the back have a
// context that the end of ctx does not reach, so the front can still use them while it
// finishes. A task that fails ends the front, and so the process. All errors are
// returned together.
func (s stages) run(ctx context.Context) error {
	background, stopBack := context.WithCancel(context.WithoutCancel(ctx))
	defer stopBack()
	group, background := errgroup.WithContext(background)
	for _, t := range s.back {
		group.Go(func() error { return t(background) })
	}
	front, stopFront := context.WithCancel(ctx)
	defer stopFront()
	defer context.AfterFunc(background, stopFront)()

	err := s.front(front)
	if s.flush != nil {
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushGrace)
		err = errors.Join(err, s.flush(grace))
		cancel()
	}
	stopBack()
	return errors.Join(err, group.Wait())
}

// untilDone is the front of a process that has none.
func untilDone(ctx context.Context) error {
	<-ctx.Done()
	return nil
}
