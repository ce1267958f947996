package moderation

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/tracker/journal"
	"github.com/waypost/waypost/tracker/ledger/report/books"
	"github.com/waypost/waypost/tracker/ledger/report/reporttest"
	"github.com/waypost/waypost/tracker/ledger/store/storetest"
)

func TestMain(m *testing.M) { os.Exit(storetest.Main(m)) }

// appender is a journal that does what a test says.
type appender func(ctx context.Context, x journal.Entry) error

func (f appender) Append(ctx context.Context, x journal.Entry) error { return f(ctx, x) }

// pending writes a pending conversion and returns its id.
func pending(t *testing.T, o *reporttest.Office, b *books.Books, change ...func(*journal.Postback)) string {
	t.Helper()
	v := reporttest.Visit{At: reporttest.Noon}
	o.Write(v.Click(), v.Postback(reporttest.Noon.Add(time.Minute), append(change, reporttest.Status(snapshot.StatusPending))...))
	list, err := b.Conversions(t.Context(), books.Scope{}, books.ConversionFilter{}, books.Page{Limit: 1})
	if err != nil || len(list.Items) != 1 {
		t.Fatalf("%+v, %v", list, err)
	}
	return list.Items[0].ID
}

func TestDecide(t *testing.T) {
	storetest.Each(t, func(t *testing.T, target string) {
		o := reporttest.Open(t, target)
		b := books.New(o.Store)
		id := pending(t, o, b)
		for name, ledger := range map[string]Ledger{"told by the ledger": o.Ledger, "looking": nil} {
			d := NewDesk(b, o.Journal, ledger, time.Now)
			for _, status := range []books.Status{books.Rejected, books.Approved} {
				c, err := d.Decide(t.Context(), books.Scope{}, id, Decision{Status: status, Reason: "checked", Actor: "ann"})
				if err != nil || c.Status != status {
					t.Errorf("%s: %s, %v; want %s", name, c.Status, err, status)
				}
			}
		}
	})
}

func TestApprovedMeansHoldWhileTheOfferHolds(t *testing.T) {
	storetest.Each(t, func(t *testing.T, target string) {
		o := reporttest.Open(t, target)
		b := books.New(o.Store)
		id := pending(t, o, b, func(p *journal.Postback) { p.Terms.Offer.HoldHours = 24 })
		now := func() time.Time { return reporttest.Noon.Add(time.Hour) }
		c, err := NewDesk(b, o.Journal, o.Ledger, now).Decide(t.Context(), books.Scope{}, id, Decision{Status: books.Approved, Actor: "ann"})
		if err != nil || c.Status != books.Hold || c.HoldUntil == nil {
			t.Errorf("%+v, %v", c, err)
		}
	})
}

func TestDecideFails(t *testing.T) {
	storetest.Each(t, func(t *testing.T, target string) {
		o := reporttest.Open(t, target)
		b := books.New(o.Store)
		id := pending(t, o, b)
		x := Decision{Status: books.Approved, Actor: "ann"}

		broken := appender(func(context.Context, journal.Entry) error { return journal.ErrNotDurable })
		d := NewDesk(b, broken, o.Ledger, time.Now)
		if _, err := d.Decide(t.Context(), books.Scope{}, id, x); !errors.Is(err, ErrNotDecided) {
			t.Errorf("with a broken journal: %v", err)
		}
		if _, err := d.DecideAll(t.Context(), books.Scope{}, books.ConversionFilter{}, books.Page{Limit: 10}, x); !errors.Is(err, ErrNotDecided) {
			t.Errorf("many, with a broken journal: %v", err)
		}

		swallowing := appender(func(context.Context, journal.Entry) error { return nil })
		d = NewDesk(b, swallowing, o.Ledger, time.Now)
		d.patience = 50 * time.Millisecond
		if _, err := d.Decide(t.Context(), books.Scope{}, id, x); !errors.Is(err, ErrNotApplied) {
			t.Errorf("with a ledger that does not apply it: %v", err)
		}
		if _, err := d.DecideAll(t.Context(), books.Scope{}, books.ConversionFilter{}, books.Page{Limit: 10}, x); !errors.Is(err, ErrNotApplied) {
			t.Errorf("many, with a ledger that does not apply them: %v", err)
		}

		if _, err := d.Decide(t.Context(), books.Scope{}, "none", x); !errors.Is(err, books.ErrNotFound) {
			t.Errorf("an unknown conversion: %v", err)
		}
	})
}

func TestRefusedErrorSaysWhy(t *testing.T) {
	for _, reason := range []string{"duplicate", "cap_reached", "else"} {
		if text := (&RefusedError{reason}).Error(); text == "" {
			t.Errorf("%s says nothing", reason)
		}
	}
}
