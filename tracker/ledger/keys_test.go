package ledger

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/tracker/journal"
	"github.com/waypost/waypost/tracker/ledger/store/storetest"
)

// TestAKeyMovesWithinAGroup: one conversion loses its key and another gets it, both
// within one group, in which the other was touched first.
func TestAKeyMovesWithinAGroup(t *testing.T) {
	storetest.Each(t, func(t *testing.T, target string) {
		tp := newTape()
		o := newOffice(t, target, tp)
		in := func(currency string) func(*journal.Postback) {
			return func(p *journal.Postback) { p.Currency = currency }
		}
		small := capped(snapshot.Cap{Name: "c", Metric: snapshot.CapRevenue, Window: snapshot.CapLifetime, Limit: 12_000_000})
		tp.write(clickEntry(1, 0), postEntry(1, 0, 1, in("EUR")), postEntry(1, 0, 2, small, status(snapshot.StatusPending)))
		o.catchUp()
		if got, want := o.verdicts("reply.1", 3), ", rejected currency_mismatch, pending, "; got != want {
			t.Fatalf("%s want %s", got, want)
		}
		first := strings.Fields(rowsOf(t, o.store.Reader(), "SELECT id FROM conversions WHERE status = 3")[0])[0]
		approve := moderation(strings.TrimPrefix(first, "id="), snapshot.StatusApproved, 3)
		tp.write(approve, // while the other has the key
			postEntry(1, 0, 4, amount(200_000_000), status(snapshot.StatusApproved)), // more than the cap has
			approve)
		o.catchUp()
		got := strings.Join(rowsOf(t, o.store.Reader(), "SELECT status, reason, CASE WHEN session_key IS NULL THEN 0 ELSE 1 END AS has FROM conversions ORDER BY at"), "")
		if want := "status=1 reason= has=1 status=3 reason=cap_reached has=0 "; got != want {
			t.Errorf("conversions %s, want %s", got, want)
		}
	})
}

// TestARepeatIsKnownOnceManyCount: a goal that counted one conversion a session
// counts many from now on. The identical postback within seconds is a repetition all
// the same, in the group of the first one or in a later one; not if the first one
// lost its key.
func TestARepeatIsKnownOnceManyCount(t *testing.T) {
	limit := capped(snapshot.Cap{Name: "c", Metric: snapshot.CapRevenue, Window: snapshot.CapLifetime, Limit: 12_000_000})
	storetest.Each(t, func(t *testing.T, target string) {
		for name, c := range map[string]struct {
			first []journal.Entry
			want  string
		}{
			"repeated": {[]journal.Entry{postEntry(1, 0, 1)}, "approved, refused duplicate, approved, "},
			"released": {[]journal.Entry{postEntry(1, 0, 1, limit, status(snapshot.StatusPending)),
				postEntry(1, 0, 2, limit, status(snapshot.StatusApproved), amount(200_000_000))}, "pending, rejected cap_reached, approved, refused duplicate, "},
		} {
			for _, together := range []bool{true, false} {
				tp := newTape()
				o := newOffice(t, target, tp)
				resetFor(t, o.store)
				tp.write(clickEntry(1, 0))
				list := slices.Concat(c.first, []journal.Entry{postEntry(1, 0, 9, multiple), postEntry(1, 0, 12, multiple)})
				got := ""
				if together {
					tp.write(list...)
					o.catchUp()
					got = o.verdicts("reply.2", len(list))
				} else {
					for i, x := range list {
						tp.write(x)
						o.catchUp()
						got += o.verdicts(fmt.Sprint("reply.", i+2), 1)
					}
				}
				if got != c.want {
					t.Errorf("%s, together %v: %s want %s", name, together, got, c.want)
				}
			}
		}
	})
}

// TestAnOrderIDWithABlankOfBefore: an order id that was recorded with a blank behind it
// is approved by the id without one, as the session shows. Where many conversions of a
// session count, the two ids are two orders, as they were when the first was recorded.
func TestAnOrderIDWithABlankOfBefore(t *testing.T) {
	storetest.Each(t, func(t *testing.T, target string) {
		for name, c := range map[string]struct {
			change func(*journal.Postback)
			want   string
		}{
			"one a session":  {func(*journal.Postback) {}, "order_id=A1  status=1 "},
			"many a session": {multiple, "order_id=A1  status=2 order_id=A1 status=1 "},
		} {
			for _, together := range []bool{true, false} {
				tp := newTape()
				o := newOffice(t, target, tp)
				resetFor(t, o.store)
				tp.write(clickEntry(1, 0), postEntry(1, 0, 1, order("A1 "), status(snapshot.StatusPending), c.change))
				if !together {
					o.catchUp()
				}
				tp.write(postEntry(1, 0, 2, order("A1"), status(snapshot.StatusApproved), c.change))
				o.catchUp()
				got := strings.Join(rowsOf(t, o.store.Reader(), "SELECT order_id, status FROM conversions ORDER BY at"), "")
				if got != c.want {
					t.Errorf("%s, in one group %t: %s, want %s", name, together, got, c.want)
				}
			}
		}
	})
}
