package moderation

import (
	"context"
	"errors"
	"os"
	"sync"
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
			for _, x := range []struct {
				act  Act
				want books.Status
			}{{Reject, books.Rejected}, {Approve, books.Approved}} {
				c, err := d.Decide(t.Context(), books.Scope{}, id, &Decision{Act: x.act, Note: "checked", Actor: "ann"})
				if err != nil || c.Status != x.want {
					t.Errorf("%s: %s, %v; want %s", name, c.Status, err, x.want)
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
		at := reporttest.Noon.Add(time.Hour)
		now := func() time.Time { at = at.Add(time.Second); return at }
		d := NewDesk(b, o.Journal, o.Ledger, now)
		if _, err := d.Decide(t.Context(), books.Scope{}, id, &Decision{Act: Release, Actor: "ann"}); !isRefused(err, ReasonNotOnHold) {
			t.Errorf("releasing a pending one: %v", err)
		}
		for range 2 { // again, it ends no hold
			c, err := d.Decide(t.Context(), books.Scope{}, id, &Decision{Act: Approve, Actor: "ann"})
			if err != nil || c.Status != books.Hold || c.HoldUntil == nil || len(c.History) != 2 {
				t.Errorf("%+v, %v", c, err)
			}
		}
		if _, err := d.Decide(t.Context(), books.Scope{}, id, &Decision{Act: Release, Seen: []books.Status{books.Pending}}); !isRefused(err, "status_changed") {
			t.Errorf("about another status: %v", err)
		}
		for range 2 {
			c, err := d.Decide(t.Context(), books.Scope{}, id, &Decision{Act: Release, Actor: "ann", Seen: []books.Status{books.Hold}})
			if err != nil || c.Status != books.Approved || len(c.History) != 3 {
				t.Errorf("%+v, %v", c, err)
			}
		}
	})
}

// TestReleaseOfWhatIsNotHeld: only what a person has released counts as released, also
// where the hold ends while a release is on its way.
func TestReleaseOfWhatIsNotHeld(t *testing.T) {
	storetest.Each(t, func(t *testing.T, target string) {
		o := reporttest.Open(t, target)
		b := books.New(o.Store)
		id := pending(t, o, b, func(p *journal.Postback) { p.Terms.Offer.HoldHours = 1 })
		at := reporttest.Noon.Add(2 * time.Minute)
		now := func() time.Time { at = at.Add(time.Second); return at }
		ended := appender(func(ctx context.Context, x journal.Entry) error {
			o.Write(journal.Entry{Tick: &journal.Tick{At: reporttest.Noon.Add(2 * time.Hour).UnixMicro()}})
			return o.Journal.Append(ctx, x)
		})
		decide := func(d *Desk, act Act) error {
			_, err := d.Decide(t.Context(), books.Scope{}, id, &Decision{Act: act, Actor: "ann"})
			return err
		}
		d := NewDesk(b, o.Journal, o.Ledger, now)
		if err := decide(d, Approve); err != nil {
			t.Fatal(err)
		}
		if err := decide(NewDesk(b, ended, o.Ledger, now), Release); !isRefused(err, ReasonNotOnHold) {
			t.Errorf("a release after the hold: %v", err)
		}
		at = reporttest.Noon.Add(3 * time.Hour)
		if err := decide(d, Release); !isRefused(err, ReasonNotOnHold) {
			t.Errorf("a release of an approved one: %v", err)
		}
		if out, err := d.Preview(t.Context(), books.Scope{}, books.ConversionFilter{IDs: []string{id}, Statuses: books.Statuses[:]}, books.Page{Limit: 1}, &Decision{Act: Release}); err != nil || out.Refused[id] != ReasonNotOnHold {
			t.Errorf("a preview: %+v, %v", out, err)
		}
		for _, act := range []Act{Reject, Approve} {
			if err := decide(d, act); err != nil {
				t.Fatal(err)
			}
		}
		if err := decide(d, Release); !isRefused(err, ReasonNotOnHold) {
			t.Errorf("a release of one that was rejected and approved: %v", err)
		}
	})
}

// TestWordsAreNotDropped: a decision that is answered as done stands in the history,
// also where an advertiser or another person came first.
func TestWordsAreNotDropped(t *testing.T) {
	storetest.Each(t, func(t *testing.T, target string) {
		o := reporttest.Open(t, target)
		b := books.New(o.Store)
		id := pending(t, o, b, func(p *journal.Postback) { p.Terms.Offer.HoldHours = 24 })
		at := reporttest.Noon.Add(time.Hour)
		d := NewDesk(b, o.Journal, o.Ledger, func() time.Time { at = at.Add(time.Second); return at })
		for i, x := range []struct {
			act           Act
			note, partner string
			want          books.Status
			history       int
		}{
			{Approve, "", "", books.Hold, 2}, {Approve, "a", "", books.Hold, 3}, {Approve, "a", "", books.Hold, 3}, {Approve, "", "", books.Hold, 3},
			{Release, "b", "", books.Approved, 4}, {Release, "b", "", books.Approved, 4}, {Release, "c", "", books.Approved, 5}, {Approve, "d", "", books.Approved, 6},
			{Reject, "", "", books.Rejected, 7}, {Reject, "", "", books.Rejected, 7}, {Reject, "fraud", "returned", books.Rejected, 8}, {Reject, "fraud", "", books.Rejected, 8},
			{Reject, "", "closed", books.Rejected, 9},
		} {
			c, err := d.Decide(t.Context(), books.Scope{}, id, &Decision{Act: x.act, Note: x.note, PartnerReason: x.partner, Actor: "ann"})
			if err != nil || c.Status != x.want || len(c.History) != x.history {
				t.Fatalf("decision %d: %s after %+v, %v", i, c.Status, c.History, err)
			}
		}
		c, err := b.Conversion(t.Context(), books.Scope{PartnerOnly: true}, id)
		if err != nil || c.Reason != "closed" || c.History[7].Reason != "returned" || c.History[2].Reason != "" {
			t.Errorf("a partner reads %+v, %v", c, err)
		}
		if _, err := d.Decide(t.Context(), books.Scope{}, id, &Decision{Act: Reject, Note: "new", Seen: []books.Status{books.Pending}}); !isRefused(err, "status_changed") {
			t.Errorf("new words about another status: %v", err)
		}
	})
}

// TestRejectedAfterTheAdvertiser: a person's rejection counts where a postback rejects at
// the same time, and holds against a later approval.
func TestRejectedAfterTheAdvertiser(t *testing.T) {
	storetest.Each(t, func(t *testing.T, target string) {
		o := reporttest.Open(t, target)
		b := books.New(o.Store)
		id := pending(t, o, b, reporttest.Order("a"))
		proved := func(p *journal.Postback) { p.KeyProven = true }
		v := reporttest.Visit{At: reporttest.Noon}
		meanwhile := appender(func(ctx context.Context, x journal.Entry) error {
			o.Write(v.Postback(reporttest.Noon.Add(2*time.Minute), proved, reporttest.Order("a"), reporttest.Status(snapshot.StatusRejected)))
			return o.Journal.Append(ctx, x)
		})
		d := NewDesk(b, meanwhile, o.Ledger, time.Now)
		c, err := d.Decide(t.Context(), books.Scope{}, id, &Decision{Act: Reject, Note: "fraud", Actor: "ann"})
		if err != nil || c.Reason != "fraud" || len(c.History) != 3 || c.History[1].By != "postback" {
			t.Errorf("%+v, %v", c, err)
		}
		o.Write(v.Postback(reporttest.Noon.Add(3*time.Minute), proved, reporttest.Order("a"), reporttest.Status(snapshot.StatusApproved)))
		if c, err := b.Conversion(t.Context(), books.Scope{}, id); err != nil || c.Status != books.Rejected || len(c.History) != 3 {
			t.Errorf("after an approval %+v, %v", c, err)
		}
	})
}

func isRefused(err error, reason string) bool {
	var refused *RefusedError
	return errors.As(err, &refused) && refused.Reason == reason
}

// TestDecidedTogether: of the same decision sent several times at once, one counts and
// all have the same answer; of different ones the first counts.
func TestDecidedTogether(t *testing.T) {
	storetest.Each(t, func(t *testing.T, target string) {
		o := reporttest.Open(t, target)
		b := books.New(o.Store)
		id := pending(t, o, b, func(p *journal.Postback) { p.Terms.Offer.HoldHours = 24 })
		now := func() time.Time { return reporttest.Noon.Add(time.Hour) }
		// Each decision reaches the journal when both have seen the conversion pending.
		var both sync.WaitGroup
		both.Add(2)
		together := appender(func(ctx context.Context, x journal.Entry) error {
			both.Done()
			both.Wait()
			return o.Journal.Append(ctx, x)
		})
		d := NewDesk(b, together, o.Ledger, now)
		var done sync.WaitGroup
		for range 2 {
			done.Go(func() {
				if c, err := d.Decide(t.Context(), books.Scope{}, id, &Decision{Act: Approve, Actor: "ann"}); err != nil || c.Status != books.Hold {
					t.Errorf("%s, %v", c.Status, err)
				}
			})
		}
		done.Wait()
		if c, err := b.Conversion(t.Context(), books.Scope{}, id); err != nil || c.Status != books.Hold || len(c.History) != 2 {
			t.Errorf("in the end %+v, %v", c, err)
		}
	})
}

func TestDecideFails(t *testing.T) {
	storetest.Each(t, func(t *testing.T, target string) {
		o := reporttest.Open(t, target)
		b := books.New(o.Store)
		id := pending(t, o, b)
		x := &Decision{Act: Approve, Actor: "ann"}

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
	for _, reason := range []string{"duplicate", "cap_reached", "status_changed", "not_on_hold", "else"} {
		if text := (&RefusedError{reason}).Error(); text == "" {
			t.Errorf("%s says nothing", reason)
		}
	}
}
