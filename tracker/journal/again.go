package journal

import (
	"context"
	"errors"
	"time"

	"github.com/go-logr/logr"
)

const (
	// againAfter is the pause before something broken is set up again.
	againAfter = 250 * time.Millisecond
	// againLog is how often the log has it while it stays broken.
	againLog = time.Minute
)

// again runs f, and once more whenever it fails, until ctx ends or the error is one
// of final. It returns that error, or that of ctx.
func again(ctx context.Context, log logr.Logger, what string, f func(context.Context) error, final ...error) error {
	var logged time.Time
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
		if time.Since(logged) >= againLog {
			logged = time.Now()
			log.Info("set up again: "+what, "error", err.Error())
		}
		select {
		case <-ctx.Done():
		case <-time.After(againAfter):
		}
	}
}
