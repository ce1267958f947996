package moderation

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/waypost/waypost/tracker/journal"
	"github.com/waypost/waypost/tracker/ledger/report/books"
)

// Journal takes decisions; a journal.Writer is one.
type Journal interface {
	Append(ctx context.Context, x journal.Entry) error
}

// Ledger says how far the journal has been folded, and is told about when it gets
// further; a ledger.Ledger is one.
type Ledger interface {
	Position() (position uint64, further <-chan struct{})
}

// Desk carries out decisions. Safe for concurrent use.
type Desk struct {
	books   *books.Books
	journal Journal
	ledger  Ledger
	now     func() time.Time
	// patience is how long a decision may take to be applied.
	patience time.Duration
}

// NewDesk returns a desk that decides about the conversions of b. ledger may be
// nil: the desk then looks several times a second.
func NewDesk(b *books.Books, j Journal, l Ledger, now func() time.Time) *Desk {
	return &Desk{books: b, journal: j, ledger: l, now: now, patience: patience}
}

var (
	// ErrNotApplied says that a decision is in the journal, but was not seen in the
	// books in time: it takes effect when the ledger has caught up.
	ErrNotApplied = errors.New("the decision is recorded, but the ledger has not applied it yet: look again in a moment")
	// ErrNotDecided says that the decision could not be recorded.
	ErrNotDecided = errors.New("the decision could not be recorded: try again")
)

// RefusedError says that the books did not allow a decision, with the reason code
// that a postback would have got: duplicate or cap_reached.
type RefusedError struct{ Reason string }

func (e *RefusedError) Error() string {
	switch e.Reason {
	case "duplicate":
		return "another conversion has taken its place in the meantime (duplicate)"
	case "cap_reached":
		return "a cap of the offer has no place left for it (cap_reached)"
	}
	return "the books did not allow it (" + e.Reason + ")"
}

// Decision is what a person has decided.
type Decision struct {
	Status books.Status // Approved or Rejected
	Reason string       // "" is allowed
	// Actor is the person's name, for the conversion's history.
	Actor string
}

const (
	patience = 10 * time.Second
	// lookEvery is how often a desk without a ledger looks.
	lookEvery = 50 * time.Millisecond
)

// Decide decides about one conversion and returns it as it stands then. The error
// wraps books.ErrNotFound, ErrNotDecided or ErrNotApplied, or is a *RefusedError.
func (d *Desk) Decide(ctx context.Context, scope books.Scope, id string, x Decision) (books.Conversion, error) {
	c, err := d.books.Conversion(ctx, scope, id)
	if err != nil || c.Status == x.Status {
		return c, err
	}
	at, err := d.record(ctx, &c, x)
	if err != nil {
		return c, err
	}
	return d.await(ctx, scope, id, x, at)
}

// record puts a decision into the journal; its time tells it from others.
func (d *Desk) record(ctx context.Context, c *books.Conversion, x Decision) (time.Time, error) {
	at := d.now().UTC().Truncate(time.Microsecond)
	err := d.journal.Append(ctx, journal.Entry{Moderation: &journal.Moderation{
		At: at.UnixMicro(), Network: c.Network, ConversionID: c.ID, Status: x.Status.Number(), Reason: x.Reason, Actor: x.Actor,
	}})
	if err != nil {
		return at, fmt.Errorf("%w: %w", ErrNotDecided, err)
	}
	return at, nil
}

// await waits until the books show the decision.
func (d *Desk) await(ctx context.Context, scope books.Scope, id string, x Decision, at time.Time) (books.Conversion, error) {
	ctx, cancel := context.WithTimeout(ctx, d.patience)
	defer cancel()
	for {
		further := d.further()
		c, err := d.books.Conversion(ctx, scope, id)
		if ctx.Err() != nil {
			return c, ErrNotApplied
		}
		if err != nil {
			return c, err
		}
		if done, err := applied(&c, x, at); done {
			return c, err
		}
		select {
		case <-further:
		case <-ctx.Done():
			return c, ErrNotApplied
		}
	}
}

// applied reports whether the books show a decision, and how it ended.
func applied(c *books.Conversion, x Decision, at time.Time) (bool, error) {
	if c.Status == x.Status {
		return true, nil
	}
	for _, h := range c.History {
		if h.Time.Equal(at) && h.By != "postback" && h.By != "hold" {
			if h.From == h.To {
				return true, &RefusedError{h.Reason}
			}
			return true, nil // approved means hold while the offer's hold goes on
		}
	}
	return false, nil
}

// further is closed when there may be something new in the books.
func (d *Desk) further() <-chan struct{} {
	if d.ledger != nil {
		_, further := d.ledger.Position()
		return further
	}
	c := make(chan struct{})
	time.AfterFunc(lookEvery, func() { close(c) })
	return c
}
