package queue

import "context"

// Ledger tells when it has got further; a ledger.Ledger is one.
type Ledger interface {
	Position() (position uint64, further <-chan struct{})
}

// Wake returns a channel for delivery.Options.Wake: it carries something whenever
// the ledger has folded more, until ctx ends. What nobody has taken yet counts once.
func Wake(ctx context.Context, l Ledger) <-chan struct{} {
	wake := make(chan struct{}, 1)
	go func() {
		for {
			_, further := l.Position()
			select {
			case <-further:
			case <-ctx.Done():
				return
			}
			select {
			case wake <- struct{}{}:
			default:
			}
		}
	}()
	return wake
}
