package moderation

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/waypost/waypost/tracker/ledger/query"
)

// atOnce is how many decisions are on their way into the journal together; the
// journal writes them as one.
const atOnce = 64

// Outcome is what became of many decisions.
type Outcome struct {
	// Items are the conversions as they stand now, newest first.
	Items []query.Conversion
	// Refused holds the reason codes of those that the books did not allow, by id.
	Refused map[string]string
	// Next is the cursor for those that the page had no room for, "" if there are none.
	Next string
}

// Preview lists a page of the conversions that DecideAll decides about, and what it
// refuses of them as they are.
func (d *Moderator) Preview(ctx context.Context, scope query.Scope, f query.ConversionFilter, p query.Page, x *Decision) (Outcome, error) {
	if len(f.Statuses) == 0 {
		f.Statuses = x.Act.Open()
	}
	list, err := d.books.Conversions(ctx, scope, f, p)
	if err != nil {
		return Outcome{}, err
	}
	out := Outcome{Items: list.Items, Refused: map[string]string{}, Next: list.Next}
	for i := range out.Items {
		var refused *RefusedError
		if _, err := x.settled(&out.Items[i]); errors.As(err, &refused) {
			out.Refused[out.Items[i].ID] = refused.Reason
		}
	}
	return out, nil
}

// DecideAll decides about all conversions of a page that a filter selects, those that
// Preview lists. What is refused stops none of the others. The error wraps ErrNotDecided
// or ErrNotApplied: then some may have been decided, and a repetition decides the rest.
func (d *Moderator) DecideAll(ctx context.Context, scope query.Scope, f query.ConversionFilter, p query.Page, x *Decision) (Outcome, error) {
	out, err := d.Preview(ctx, scope, f, p, x)
	if err != nil {
		return out, err
	}
	times, err := d.recordAll(ctx, &out, x)
	if err != nil {
		return out, err
	}
	for i := range out.Items {
		c := &out.Items[i]
		if times[i].IsZero() {
			continue
		}
		var refused *RefusedError
		*c, err = d.await(ctx, scope, c, x, times[i])
		switch {
		case errors.As(err, &refused):
			out.Refused[c.ID] = refused.Reason
		case err != nil:
			return out, fmt.Errorf("conversion %s: %w", c.ID, err)
		}
	}
	return out, nil
}

// recordAll puts a decision on each conversion into the journal that it changes;
// the time of the others stays zero.
func (d *Moderator) recordAll(ctx context.Context, out *Outcome, x *Decision) ([]time.Time, error) {
	times, errs := make([]time.Time, len(out.Items)), make([]error, len(out.Items))
	turn := make(chan struct{}, atOnce)
	var all sync.WaitGroup
	for i := range out.Items {
		if settled, err := x.settled(&out.Items[i]); settled || err != nil {
			continue
		}
		turn <- struct{}{}
		all.Go(func() {
			times[i], errs[i] = d.record(ctx, &out.Items[i], x)
			<-turn
		})
	}
	all.Wait()
	return times, errors.Join(errs...)
}
