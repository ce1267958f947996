package delivery

import (
	"context"
	"database/sql/driver"
	"fmt"
	"time"
)

// State is where a delivery stands.
type State string

// The states of a delivery.
const (
	// Waiting deliveries are due at their next attempt; the API writes it pending.
	Waiting State = "pending"
	// Delivered ones were answered with a 2xx status.
	Delivered State = "delivered"
	// Parked ones failed for a day; they wait for a retry by hand.
	Parked State = "parked"
	// Suspended ones belong to a URL that failed too often in a row; they wait
	// until it is resumed by hand or changed.
	Suspended State = "suspended"
)

// waitingInTables is how the tables write Waiting, and nothing else but SQL does.
const waitingInTables = "waiting"

// Value returns the state as the tables write it.
func (s State) Value() (driver.Value, error) {
	if s == Waiting {
		return waitingInTables, nil
	}
	return string(s), nil
}

// Scan reads the state from a table.
func (s *State) Scan(from any) error {
	text, ok := from.(string)
	if !ok {
		return fmt.Errorf("the state of a delivery is a %T", from)
	}
	if *s = State(text); text == waitingInTables {
		*s = Waiting
	}
	return nil
}

// Delivery is one call that is to be made.
type Delivery struct {
	// ID stays the same over all attempts; receivers find it in Idempotency-Key.
	ID string
	// Target names whose URL it is, for suspension: all deliveries to one
	// configured URL share it. "" is never suspended.
	Target string
	URL    string
	// Attempts were made before this one.
	Attempts int
	// CreatedAt is when the call was first due.
	CreatedAt time.Time
}

// Result is what one attempt came to.
type Result struct {
	ID     string
	Target string
	At     time.Time
	State  State
	// NextAt is when to try again; set with Waiting alone.
	NextAt time.Time
	// HTTPStatus is 0 when no answer came; Body holds its first bytes.
	HTTPStatus int
	Body       string
	// Error is why the attempt failed, "" when it succeeded.
	Error string
	// Took is how long the attempt took.
	Took time.Duration
}

// Succeeded reports whether the receiver has taken the call.
func (r Result) Succeeded() bool { return r.State == Delivered }

// Queue is where deliveries wait. Its methods are safe for concurrent use.
type Queue interface {
	// Due returns up to limit deliveries whose time has come, oldest first, none
	// for the hosts of busy and none that is out already.
	Due(ctx context.Context, now time.Time, limit int, busyHosts, outIDs []string) ([]Delivery, error)
	// Claim takes due deliveries until the given time, so that the courier of
	// another ledger passes them over, and returns the ids of those that it got. A
	// claimed delivery without a result becomes due again at that time.
	Claim(ctx context.Context, ids []string, now, until time.Time) ([]string, error)
	// Record keeps results, and suspends targets that failed too often in a row.
	Record(ctx context.Context, results []Result) error
}
