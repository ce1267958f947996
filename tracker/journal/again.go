package journal

import (
	"context"
	"errors"
	"time"
)

const (
	// againAfter is the pause before something broken is set up again.
	againAfter = 250 * time.Millisecond
	// againLog is how often that is said while it stays broken.
	againLog = time.Minute
)

// again runs f, and once more whenever it fails, until ctx ends or the error is one
// of final. It returns that error, or that of ctx.
func (c *Conn) again(ctx context.Context, what string, f func(context.Context) error, final ...error) error {
	var said time.Time
	for {
		err := f(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		for _, end := range final {
			if errors.Is(err, end) {
				return err
			}
		}
		if time.Since(said) >= againLog {
			said = time.Now()
			c.o.Log.Info("set up again: "+what, "error", err.Error())
		}
		select {
		case <-ctx.Done():
		case <-time.After(againAfter):
		}
	}
}
