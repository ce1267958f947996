//go:build !linux

package port

import (
	"errors"
	"time"
)

const atOnce = 1

// poller is for Linux only: elsewhere all connections are given out.
type poller struct{}

func newPoller() (*poller, error)            { return nil, errors.ErrUnsupported }
func (*poller) wakeAt(time.Time) error       { return errors.ErrUnsupported }
func (*poller) wait(func() bool) error       { return errors.ErrUnsupported }
func (*poller) now([]event) ([]event, error) { return nil, errors.ErrUnsupported }
func (*poller) add(int) error                { return errors.ErrUnsupported }
func (*poller) remove(int)                   {}
func (*poller) close() error                 { return nil }
