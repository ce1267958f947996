package ledger

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/tracker/journal"
	"github.com/waypost/waypost/tracker/ledger/store/storetest"
)

func capped(list ...snapshot.Cap) func(*journal.Postback) {
	return func(p *journal.Postback) { p.Terms.Offer.Caps = list }
}

func inZone(zone string) func(*journal.Postback) {
	return func(p *journal.Postback) { p.Terms.Offer.TimeZone = zone }
}

// verdicts returns those of the postbacks of one batch.
func (o *office) verdicts(reply string, n int) string {
	out := ""
	for i := range n {
		out += o.told.verdict(reply, i) + ", "
	}
	return out
}

// TestCapCountsWhatWasBefore: a cap that is configured today counts the conversions
// of its window from before, whatever the window, as long as it covers them.
func TestCapCountsWhatWasBefore(t *testing.T) {
	storetest.Each(t, func(t *testing.T, target string) {
		for _, c := range []struct {
			limit snapshot.Cap
			want  string
		}{
			{snapshot.Cap{Metric: snapshot.CapConversions, Window: snapshot.CapHour, Limit: 4}, "approved, rejected cap_reached, "},
			{snapshot.Cap{Metric: snapshot.CapConversions, Window: snapshot.CapDay, Limit: 5}, "approved, rejected cap_reached, "},
			{snapshot.Cap{Metric: snapshot.CapConversions, Window: snapshot.CapMonth, Limit: 5}, "approved, rejected cap_reached, "},
			{snapshot.Cap{Metric: snapshot.CapConversions, Window: snapshot.CapLifetime, Limit: 5}, "approved, rejected cap_reached, "},
			{snapshot.Cap{Metric: snapshot.CapPayout, Window: snapshot.CapDay, Limit: 4_999_999}, "rejected cap_reached, rejected cap_reached, "},
			{snapshot.Cap{Metric: snapshot.CapRevenue, Window: snapshot.CapDay, Limit: 12_000_000}, "approved, approved, "},
			{snapshot.Cap{Metric: snapshot.CapConversions, Window: snapshot.CapDay, Limit: 1, Goal: "3"}, "approved, approved, "},
			{snapshot.Cap{Metric: snapshot.CapConversions, Window: snapshot.CapDay, Limit: 5, Goal: "2", PerPartner: true}, "approved, rejected cap_reached, "},
			{snapshot.Cap{Metric: snapshot.CapConversions, Window: snapshot.CapDay, Limit: 1, Partners: []string{"other"}}, "approved, approved, "},
		} {
			c.limit.Name = "c"
			tp := newTape()
			o := newOffice(t, target, tp)
			resetFor(t, o.store)
			// Noon in Berlin is 11:00 UTC; the second one is an hour earlier.
			berlin := inZone("Europe/Berlin")
			tp.write(clickEntry(1, -9000))
			tp.write(postEntry(1, -9000, -3700, multiple, order("0"), berlin),
				postEntry(1, -9000, 1, multiple, order("1"), berlin), postEntry(1, -9000, 2, multiple, order("2"), status(2), berlin),
				postEntry(1, -9000, 3, multiple, order("3"), status(3), berlin), postEntry(1, -9000, 4, multiple, order("4"), status(5), berlin))
			o.catchUp()
			tp.write(postEntry(1, -9000, 5, multiple, order("5"), capped(c.limit), berlin), postEntry(1, -9000, 6, multiple, order("6"), capped(c.limit), berlin))
			o.catchUp()
			if got := o.verdicts("reply.3", 2); got != c.want {
				t.Errorf("%+v: %s want %s", c.limit, got, c.want)
			}
		}
	})
}

// TestCapsStayExact: a rejection makes room also while the cap is not configured,
// and when the rows of its counter have been dropped.
func TestCapsStayExact(t *testing.T) {
	storetest.Each(t, func(t *testing.T, target string) {
		two := capped(snapshot.Cap{Name: "c", Metric: snapshot.CapConversions, Window: snapshot.CapLifetime, Limit: 2})
		tp := newTape()
		o := newOffice(t, target, tp)
		tp.write(clickEntry(1, 0))
		tp.write(postEntry(1, 0, 5, multiple, order("a"), two), postEntry(1, 0, 6, multiple, order("b"), status(2), two), postEntry(1, 0, 7, multiple, order("c"), two))
		tp.write(postEntry(1, 0, 8, multiple, order("b"), status(3)), postEntry(1, 0, 9, multiple, order("d"))) // no cap at the moment
		tp.write(postEntry(1, 0, 10, multiple, order("e"), two))
		tp.write(moderation(entryID(tp.boot, 2, 0, micros(5)), snapshot.StatusRejected, 11))
		o.catchUp()
		change(t, o.store, "DELETE FROM caps")
		tp.write(postEntry(1, 0, 12, multiple, order("f"), two), postEntry(1, 0, 13, multiple, order("g"), two))
		o.catchUp()
		for reply, want := range map[string]string{
			"reply.2": "approved, pending, rejected cap_reached, ",
			"reply.3": "rejected rejected_by_advertiser, approved, ",
			"reply.4": "rejected cap_reached, ",
			"reply.6": "approved, rejected cap_reached, ",
		} {
			n := len(o.verdicts(reply, 1)) // at least one
			if n > 0 {
				n = map[string]int{"reply.2": 3, "reply.3": 2, "reply.4": 1, "reply.6": 2}[reply]
			}
			if got := o.verdicts(reply, n); got != want {
				t.Errorf("%s: %s want %s", reply, got, want)
			}
		}
	})
}

// TestClosedCapsAreTold: a cap on clicks is told when it is full, and again when
// its limit was raised.
func TestClosedCapsAreTold(t *testing.T) {
	storetest.Each(t, func(t *testing.T, target string) {
		limit := func(n int64) func(*journal.Traffic) {
			return func(x *journal.Traffic) {
				x.Context.TimeZone = "Europe/Berlin"
				x.Context.Caps = []snapshot.Cap{
					{Name: "day", Metric: snapshot.CapClicks, Window: snapshot.CapDay, Limit: n},
					{Name: "life", Metric: snapshot.CapImpressions, Window: snapshot.CapLifetime, Limit: n, PerPartner: true},
				}
			}
		}
		tp := newTape()
		o := newOffice(t, target, tp)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		done := make(chan error, 1)
		go func() { done <- o.ledger.Run(ctx) }()

		day := journal.CapKey{Network: "net", Offer: "shoes", Cap: "day", Metric: snapshot.CapClicks, Window: snapshot.CapDay, Limit: 2}
		life := journal.CapKey{
			Network: "net", Offer: "shoes", Cap: "life", Partner: "blog",
			Metric: snapshot.CapImpressions, Window: snapshot.CapLifetime, Limit: 2,
		}
		tp.write(clickEntry(1, 0, limit(2)), impressionEntry(1, 0, limit(2)))
		o.awaitCap(ctx, day, false)
		tp.write(clickEntry(2, 1, limit(2)), impressionEntry(2, 0, limit(2)))
		o.awaitCap(ctx, day, true)
		o.awaitCap(ctx, life, true)
		if until := o.told.caps[day].Until; time.UnixMicro(until).UTC().Format(time.RFC3339) != "2024-10-04T22:00:00Z" {
			t.Errorf("closed until %s", time.UnixMicro(until).UTC())
		}
		if until := o.told.caps[life].Until; until != 0 {
			t.Errorf("a lifetime ends at %d", until)
		}
		tp.write(clickEntry(3, 2, limit(5)))
		raised := day
		raised.Limit = 5 // trackers ask for the cap of the limit that they know
		o.awaitCap(ctx, raised, false)
		cancel()
		<-done
		used := rowsOf(t, o.store.Reader(), "SELECT cap, used FROM caps ORDER BY cap")
		if fmt.Sprint(used) != "[cap=day used=3  cap=life used=2 ]" {
			t.Errorf("counters %v", used)
		}
	})
}

func (o *office) awaitCap(ctx context.Context, key journal.CapKey, closed bool) {
	o.t.Helper()
	every := time.NewTicker(5 * time.Millisecond)
	defer every.Stop()
	for {
		o.told.mu.Lock()
		s, ok := o.told.caps[key]
		o.told.mu.Unlock()
		if ok && s.Closed == closed {
			return
		}
		select {
		case <-every.C:
		case <-ctx.Done():
			o.t.Fatalf("cap %v was never told as closed=%v", key, closed)
		}
	}
}
