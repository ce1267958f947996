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
	"github.com/waypost/waypost/tracker/ledger/ledgertest"
	"github.com/waypost/waypost/tracker/ledger/query"
	"github.com/waypost/waypost/tracker/ledger/store/storetest"
)

func TestMain(m *testing.M) { os.Exit(storetest.Main(m)) }

// appender is a journal that does what a test says.
type appender func(ctx context.Context, x journal.Entry) error

func (f appender) Append(ctx context.Context, x journal.Entry) error { return f(ctx, x) }

// pending writes a pending conversion and returns its id.
func pending(t *testing.T, o *ledgertest.Instance, b *query.Books, change ...func(*journal.Postback)) string {
	t.Helper()
	v := ledgertest.Visit{At: ledgertest.Noon}
	o.Write(v.Click(), v.Postback(ledgertest.Noon.Add(time.Minute), append(change, ledgertest.Status(snapshot.StatusPending))...))
	list, err := b.Conversions(t.Context(), query.Scope{}, query.ConversionFilter{}, query.Page{Limit: 1})
	if err != nil || len(list.Items) != 1 {
		t.Fatalf("%+v, %v", list, err)
	}
	return list.Items[0].ID
}

func TestDecide(t *testing.T) {
	storetest.Each(t, func(t *testing.T, target string) {
		o := ledgertest.Open(t, target)
		b := query.New(o.Store)
		id := pending(t, o, b)
		for name, ledger := range map[string]Ledger{"told by the ledger": o.Ledger, "looking": nil} {
			d := New(b, o.Journal, ledger, time.Now)
			for _, x := range []struct {
				act  Act
				want query.Status
			}{{Reject, query.Rejected}, {Approve, query.Approved}} {
				c, err := d.Decide(t.Context(), query.Scope{}, id, &Decision{Act: x.act, Note: "checked", Actor: "ann"})
				if err != nil || c.Status != x.want {
					t.Errorf("%s: %s, %v; want %s", name, c.Status, err, x.want)
				}
			}
		}
	})
}

func TestApprovedMeansHoldWhileTheOfferHolds(t *testing.T) {
	storetest.Each(t, func(t *testing.T, target string) {
		o := ledgertest.Open(t, target)
		b := query.New(o.Store)
		id := pending(t, o, b, func(p *journal.Postback) { p.Terms.Offer.HoldHours = 24 })
		at := ledgertest.Noon.Add(time.Hour)
		now := func() time.Time { at = at.Add(time.Second); return at }
		d := New(b, o.Journal, o.Ledger, now)
		if _, err := d.Decide(t.Context(), query.Scope{}, id, &Decision{Act: Release, Actor: "ann"}); !isRefused(err, ReasonNotOnHold) {
			t.Errorf("releasing a pending one: %v", err)
		}
		for range 2 { // again, it ends no hold
			c, err := d.Decide(t.Context(), query.Scope{}, id, &Decision{Act: Approve, Actor: "ann"})
			if err != nil || c.Status != query.Hold || c.HoldUntil == nil || len(c.History) != 2 {
				t.Errorf("%+v, %v", c, err)
			}
		}
		if _, err := d.Decide(t.Context(), query.Scope{}, id, &Decision{Act: Release, Seen: []query.Status{query.Pending}}); !isRefused(err, "status_changed") {
			t.Errorf("about another status: %v", err)
		}
		for range 2 {
			c, err := d.Decide(t.Context(), query.Scope{}, id, &Decision{Act: Release, Actor: "ann", Seen: []query.Status{query.Hold}})
			if err != nil || c.Status != query.Approved || len(c.History) != 3 {
				t.Errorf("%+v, %v", c, err)
			}
		}
	})
}

// TestReleaseOfWhatIsNotHeld: only what a person has released counts as released, also
// where the hold ends while a release is on its way.
func TestReleaseOfWhatIsNotHeld(t *testing.T) {
	storetest.Each(t, func(t *testing.T, target string) {
		o := ledgertest.Open(t, target)
		b := query.New(o.Store)
		id := pending(t, o, b, func(p *journal.Postback) { p.Terms.Offer.HoldHours = 1 })
		at := ledgertest.Noon.Add(2 * time.Minute)
		now := func() time.Time { at = at.Add(time.Second); return at }
		ended := appender(func(ctx context.Context, x journal.Entry) error {
			o.Write(journal.Entry{Tick: &journal.Tick{At: ledgertest.Noon.Add(2 * time.Hour).UnixMicro()}})
			return o.Journal.Append(ctx, x)
		})
		decide := func(d *Moderator, act Act) error {
			_, err := d.Decide(t.Context(), query.Scope{}, id, &Decision{Act: act, Actor: "ann"})
			return err
		}
		d := New(b, o.Journal, o.Ledger, now)
		if err := decide(d, Approve); err != nil {
			t.Fatal(err)
		}
		if err := decide(New(b, ended, o.Ledger, now), Release); !isRefused(err, ReasonNotOnHold) {
			t.Errorf("a release after the hold: %v", err)
		}
		at = ledgertest.Noon.Add(3 * time.Hour)
		if err := decide(d, Release); !isRefused(err, ReasonNotOnHold) {
			t.Errorf("a release of an approved one: %v", err)
		}
		if out, err := d.Preview(t.Context(), query.Scope{}, query.ConversionFilter{IDs: []string{id}, Statuses: query.Statuses[:]}, query.Page{Limit: 1}, &Decision{Act: Release}); err != nil || out.Refused[id] != ReasonNotOnHold {
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
		o := ledgertest.Open(t, target)
		b := query.New(o.Store)
		id := pending(t, o, b, func(p *journal.Postback) { p.Terms.Offer.HoldHours = 24 })
		at := ledgertest.Noon.Add(time.Hour)
		d := New(b, o.Journal, o.Ledger, func() time.Time { at = at.Add(time.Second); return at })
		for i, x := range []struct {
			act           Act
			note, partner string
			want          query.Status
			history       int
		}{
			{Approve, "", "", query.Hold, 2}, {Approve, "a", "", query.Hold, 3}, {Approve, "a", "", query.Hold, 3}, {Approve, "", "", query.Hold, 3},
			{Release, "b", "", query.Approved, 4}, {Release, "b", "", query.Approved, 4}, {Release, "c", "", query.Approved, 5}, {Approve, "d", "", query.Approved, 6},
			{Reject, "", "", query.Rejected, 7}, {Reject, "", "", query.Rejected, 7}, {Reject, "fraud", "returned", query.Rejected, 8}, {Reject, "fraud", "", query.Rejected, 8},
			{Reject, "", "closed", query.Rejected, 9},
		} {
			c, err := d.Decide(t.Context(), query.Scope{}, id, &Decision{Act: x.act, Note: x.note, PartnerReason: x.partner, Actor: "ann"})
			if err != nil || c.Status != x.want || len(c.History) != x.history {
				t.Fatalf("decision %d: %s after %+v, %v", i, c.Status, c.History, err)
			}
		}
		c, err := b.Conversion(t.Context(), query.Scope{PartnerOnly: true}, id)
		if err != nil || c.Reason != "closed" || c.History[7].Reason != "returned" || c.History[2].Reason != "" {
			t.Errorf("a partner reads %+v, %v", c, err)
		}
		if _, err := d.Decide(t.Context(), query.Scope{}, id, &Decision{Act: Reject, Note: "new", Seen: []query.Status{query.Pending}}); !isRefused(err, "status_changed") {
			t.Errorf("new words about another status: %v", err)
		}
	})
}

// TestRejectedAfterTheAdvertiser: a person's rejection counts where a postback rejects at
// the same time, and holds against a later approval.
func TestRejectedAfterTheAdvertiser(t *testing.T) {
	storetest.Each(t, func(t *testing.T, target string) {
		o := ledgertest.Open(t, target)
		b := query.New(o.Store)
		id := pending(t, o, b, ledgertest.Order("a"))
		proved := func(p *journal.Postback) { p.KeyProven = true }
		v := ledgertest.Visit{At: ledgertest.Noon}
		meanwhile := appender(func(ctx context.Context, x journal.Entry) error {
			o.Write(v.Postback(ledgertest.Noon.Add(2*time.Minute), proved, ledgertest.Order("a"), ledgertest.Status(snapshot.StatusRejected)))
			return o.Journal.Append(ctx, x)
		})
		d := New(b, meanwhile, o.Ledger, time.Now)
		c, err := d.Decide(t.Context(), query.Scope{}, id, &Decision{Act: Reject, Note: "fraud", Actor: "ann"})
		if err != nil || c.Reason != "fraud" || len(c.History) != 3 || c.History[1].By != "postback" {
			t.Errorf("%+v, %v", c, err)
		}
		o.Write(v.Postback(ledgertest.Noon.Add(3*time.Minute), proved, ledgertest.Order("a"), ledgertest.Status(snapshot.StatusApproved)))
		if c, err := b.Conversion(t.Context(), query.Scope{}, id); err != nil || c.Status != query.Rejected || len(c.History) != 3 {
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
		o := ledgertest.Open(t, target)
		b := query.New(o.Store)
		id := pending(t, o, b, func(p *journal.Postback) { p.Terms.Offer.HoldHours = 24 })
		now := func() time.Time { return ledgertest.Noon.Add(time.Hour) }
		// Each decision reaches the journal when both have seen the conversion pending.
		var both sync.WaitGroup
		both.Add(2)
		together := appender(func(ctx context.Context, x journal.Entry) error {
			both.Done()
			both.Wait()
			return o.Journal.Append(ctx, x)
		})
		d := New(b, together, o.Ledger, now)
		var done sync.WaitGroup
		for range 2 {
			done.Go(func() {
				if c, err := d.Decide(t.Context(), query.Scope{}, id, &Decision{Act: Approve, Actor: "ann"}); err != nil || c.Status != query.Hold {
					t.Errorf("%s, %v", c.Status, err)
				}
			})
		}
		done.Wait()
		if c, err := b.Conversion(t.Context(), query.Scope{}, id); err != nil || c.Status != query.Hold || len(c.History) != 2 {
			t.Errorf("in the end %+v, %v", c, err)
		}
	})
}

func TestDecideFails(t *testing.T) {
	storetest.Each(t, func(t *testing.T, target string) {
		o := ledgertest.Open(t, target)
		b := query.New(o.Store)
		id := pending(t, o, b)
		x := &Decision{Act: Approve, Actor: "ann"}

		broken := appender(func(context.Context, journal.Entry) error { return journal.ErrNotDurable })
		d := New(b, broken, o.Ledger, time.Now)
		if _, err := d.Decide(t.Context(), query.Scope{}, id, x); !errors.Is(err, ErrNotDecided) {
			t.Errorf("with a broken journal: %v", err)
		}
		if _, err := d.DecideAll(t.Context(), query.Scope{}, query.ConversionFilter{}, query.Page{Limit: 10}, x); !errors.Is(err, ErrNotDecided) {
			t.Errorf("many, with a broken journal: %v", err)
		}

		swallowing := appender(func(context.Context, journal.Entry) error { return nil })
		d = New(b, swallowing, o.Ledger, time.Now)
		d.patience = 50 * time.Millisecond
		if _, err := d.Decide(t.Context(), query.Scope{}, id, x); !errors.Is(err, ErrNotApplied) {
			t.Errorf("with a ledger that does not apply it: %v", err)
		}
		if _, err := d.DecideAll(t.Context(), query.Scope{}, query.ConversionFilter{}, query.Page{Limit: 10}, x); !errors.Is(err, ErrNotApplied) {
			t.Errorf("many, with a ledger that does not apply them: %v", err)
		}

		if _, err := d.Decide(t.Context(), query.Scope{}, "none", x); !errors.Is(err, query.ErrNotFound) {
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
