package moderation

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/waypost/waypost/tracker/journal"
	"github.com/waypost/waypost/tracker/ledger/judge"
	"github.com/waypost/waypost/tracker/ledger/query"
)

// Journal takes decisions; a journal.Writer is one.
type Journal interface {
	Append(ctx context.Context, x journal.Entry) error
}

// Ledger reports how far the journal has been folded, and when it gets
// further; a ledger.Ledger is one.
type Ledger interface {
	Position() (position uint64, further <-chan struct{})
}

// Moderator carries out decisions. Safe for concurrent use.
type Moderator struct {
	books   *query.Books
	journal Journal
	ledger  Ledger
	now     func() time.Time
	// patience is how long a decision may take to be applied.
	patience time.Duration
}

// New returns a Moderator that decides about the conversions of b. ledger may be
// nil: the Moderator then looks several times a second.
func New(b *query.Books, j Journal, l Ledger, now func() time.Time) *Moderator {
	return &Moderator{books: b, journal: j, ledger: l, now: now, patience: patience}
}

var (
	// ErrNotApplied reports that a decision is in the journal, but was not seen in the
	// books in time: it takes effect when the ledger has caught up.
	ErrNotApplied = errors.New("the decision is recorded, but the ledger has not applied it yet: look again in a moment")
	// ErrTooOld reports that nothing was recorded, because a ledger that runs would not
	// understand it (journal.ErrLedgerTooOld); the wrapped error names it.
	ErrTooOld = errors.New("a ledger that runs is too old for this decision: upgrade all ledgers, then decide again")
	// ErrNotDecided reports that the decision could not be recorded.
	ErrNotDecided = errors.New("the decision could not be recorded: try again")
)

// ReasonNotOnHold is why what is not on hold cannot be released.
const ReasonNotOnHold = "not_on_hold"

// RefusedError is a decision that the books do not allow, with its reason code:
// duplicate, cap_reached, status_changed or not_on_hold.
type RefusedError struct{ Reason string }

func (e *RefusedError) Error() string {
	switch e.Reason {
	case judge.ReasonDuplicate:
		return "another conversion has taken its place in the meantime"
	case judge.ReasonCapReached:
		return "a cap of the offer has no place left for it"
	case judge.ReasonStatusChanged:
		return "its status has changed in the meantime: look at it, and decide again"
	case ReasonNotOnHold:
		return "it is not on hold, so there is nothing to release"
	}
	return "the books do not allow it"
}

// Act is what a decision does.
type Act string

// The acts. Release ends a hold before its time; Approve never does.
const (
	Approve Act = "approve"
	Reject  Act = "reject"
	Release Act = "release"
)

// Open are the statuses that the act decides about unless others are named: final ones
// are decided again by name only.
func (a Act) Open() []query.Status {
	switch a {
	case Approve:
		return []query.Status{query.Pending}
	case Release:
		return []query.Status{query.Hold}
	}
	return []query.Status{query.Pending, query.Hold}
}

// Decision is what a moderator has decided.
type Decision struct {
	Act Act
	// Note is internal; "" is allowed.
	Note string
	// PartnerReason is what the partner reads, "" for a reason code alone.
	PartnerReason string
	// Actor is the moderator's name, for the conversion's history.
	Actor string
	// Seen are the statuses that the decision is about; none is any. With another one,
	// the conversion is refused as status_changed.
	Seen []query.Status
}

// reached reports whether a conversion is what the act makes of it. What the offer
// holds is approved; of what is approved only a moderator's release is one, so that a
// release may be repeated after a time-out.
func (a Act) reached(c *query.Conversion) bool {
	switch a {
	case Approve:
		return c.Status == query.Approved || c.HoldUntil != nil
	case Release:
		return c.Status == query.Approved && released(c.History)
	}
	return c.Status == query.Rejected
}

// released reports whether the last change was a moderator's, from hold to approved.
func released(history []query.Change) bool {
	for _, h := range slices.Backward(history) {
		if h.From != h.To {
			return h.From == query.Hold && h.To == query.Approved && h.By != judge.ByPostback && h.By != judge.ByHold
		}
	}
	return false
}

// Changes reports whether the decision changes a conversion, unless caps or uniqueness
// forbid it.
func (x *Decision) Changes(c *query.Conversion) bool {
	if x.Act.reached(c) {
		return !x.Settled(c)
	}
	return x.Act != Release || c.Status == query.Hold
}

// Settled reports whether a conversion is what the decision makes of it, and its history
// holds what the decision has to add: a moderator's rejection, and words that are new.
func (x *Decision) Settled(c *query.Conversion) bool {
	if !x.Act.reached(c) {
		return false
	}
	history := make([]judge.Change, len(c.History))
	for i, h := range c.History {
		history[i] = judge.Change{From: h.From.Number(), To: h.To.Number(), By: h.By, Reason: h.Reason, Partner: h.PartnerReason}
	}
	return judge.Repeats(history, x.status().Number(), x.Note, x.PartnerReason)
}

// settled is Settled, and refuses what the decision is not about.
func (x *Decision) settled(c *query.Conversion) (bool, error) {
	switch {
	case x.Settled(c):
		return true, nil
	case len(x.Seen) > 0 && !slices.Contains(x.Seen, c.Status):
		return false, &RefusedError{judge.ReasonStatusChanged}
	case x.Act == Release && c.Status != query.Hold && !x.Act.reached(c):
		return false, &RefusedError{ReasonNotOnHold}
	}
	return false, nil
}

// status is what the act asks for. While an offer's hold goes on the ledger makes Hold of
// Approved.
func (x *Decision) status() query.Status {
	if x.Act == Reject {
		return query.Rejected
	}
	return query.Approved
}

const (
	// patience is how long an answer waits for the ledger.
	patience = 10 * time.Second
	// lookEvery is how often a Moderator without a ledger looks.
	lookEvery = 50 * time.Millisecond
)

// Decide decides about one conversion and returns it as it stands then. A repeated
// decision with the same words changes nothing and has the same answer. The error wraps
// query.ErrNotFound, ErrTooOld, ErrNotDecided or ErrNotApplied, or is a *RefusedError.
func (d *Moderator) Decide(ctx context.Context, scope query.Scope, id string, x *Decision) (query.Conversion, error) {
	c, err := d.books.Conversion(ctx, scope, id)
	if err != nil {
		return c, err
	}
	if settled, err := x.settled(&c); settled || err != nil {
		return c, err
	}
	at, err := d.record(ctx, &c, x)
	if err != nil {
		return c, err
	}
	return d.await(ctx, scope, &c, x, at)
}

// record puts a decision into the journal; its time distinguishes it from others.
func (d *Moderator) record(ctx context.Context, c *query.Conversion, x *Decision) (time.Time, error) {
	at := d.now().UTC().Truncate(time.Microsecond)
	err := d.journal.Append(ctx, journal.Entry{Moderation: &journal.Moderation{
		At: at.UnixMicro(), Network: c.Network, ConversionID: c.ID, Status: x.status().Number(), From: c.Status.Number(), Release: x.Act == Release,
		Affirm: x.Act != Release || c.Status != query.Hold, // a hold that ends meanwhile is not released
		Reason: x.Note, PartnerReason: x.PartnerReason, Actor: x.Actor,
	}})
	if errors.Is(err, journal.ErrLedgerTooOld) {
		return at, fmt.Errorf("%w: %w", ErrTooOld, err)
	}
	if err != nil {
		return at, fmt.Errorf("%w: %w", ErrNotDecided, err)
	}
	return at, nil
}

// await waits until the books show the decision about a conversion as it was found.
func (d *Moderator) await(ctx context.Context, scope query.Scope, found *query.Conversion, x *Decision, at time.Time) (query.Conversion, error) {
	ctx, cancel := context.WithTimeout(ctx, d.patience)
	defer cancel()
	for {
		further := d.further()
		c, err := d.books.Conversion(ctx, scope, found.ID)
		if ctx.Err() != nil {
			return c, ErrNotApplied
		}
		if err != nil {
			return c, err
		}
		if done, err := x.applied(&c, found.Status, at); done {
			return c, err
		}
		select {
		case <-further:
		case <-ctx.Done():
			return c, ErrNotApplied
		}
	}
}

// applied reports whether the books show a decision of that time about a status, or the
// same one of another time, and how it ended.
func (x *Decision) applied(c *query.Conversion, from query.Status, at time.Time) (bool, error) {
	settled, err := x.settled(c)
	if settled {
		return true, nil
	}
	for _, h := range c.History { // how it is refused is there
		if h.Time.Equal(at) && h.By != judge.ByPostback && h.By != judge.ByHold {
			if h.From == h.To && h.To != x.status() && judge.Forbids(h.Reason) {
				return true, &RefusedError{h.Reason}
			}
			return true, nil // approved means hold while the offer's hold goes on
		}
	}
	if x.Act == Release && from == query.Hold && c.Status == query.Approved { // the hold has ended otherwise, which leaves no attempt
		return true, cmp.Or(err, error(&RefusedError{judge.ReasonStatusChanged}))
	}
	return false, nil
}

// further is closed when there may be something new in the books.
func (d *Moderator) further() <-chan struct{} {
	if d.ledger != nil {
		_, further := d.ledger.Position()
		return further
	}
	c := make(chan struct{})
	time.AfterFunc(lookEvery, func() { close(c) })
	return c
}
