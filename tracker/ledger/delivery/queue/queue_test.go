package queue_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/waypost/waypost/tracker/ledger/delivery"
	"github.com/waypost/waypost/tracker/ledger/delivery/queue"
	"github.com/waypost/waypost/tracker/ledger/judge"
	"github.com/waypost/waypost/tracker/ledger/store"
	"github.com/waypost/waypost/tracker/ledger/store/storetest"
)

func TestMain(m *testing.M) { os.Exit(storetest.Main(m)) }

var start = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// fixture is a queue on a fresh database.
type fixture struct {
	*testing.T
	*queue.Queue
	store *store.Store
	ctx   context.Context
}

func each(t *testing.T, f func(d *fixture)) {
	storetest.Each(t, func(t *testing.T, target string) {
		s, err := store.Open(t.Context(), target)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
		f(&fixture{t, queue.New(s), s, t.Context()})
	})
}

// fold writes deliveries as the fold does.
func (d *fixture) fold(list ...store.Delivery) {
	d.Helper()
	d.update(func(tx *store.Tx) error { return tx.Deliveries.Add(d.ctx, list) })
}

func (d *fixture) update(f func(tx *store.Tx) error) {
	d.Helper()
	if err := d.store.Update(d.ctx, f); err != nil {
		d.Fatal(err)
	}
}

func (d *fixture) due(now time.Time, busy ...string) []delivery.Delivery {
	d.Helper()
	list, err := d.Due(d.ctx, now, 100, busy, nil)
	if err != nil {
		d.Fatal(err)
	}
	return list
}

func (d *fixture) dueIDs(now time.Time, busy ...string) []string {
	d.Helper()
	var ids []string
	for _, x := range d.due(now, busy...) {
		ids = append(ids, x.ID)
	}
	return ids
}

func (d *fixture) record(results ...delivery.Result) {
	d.Helper()
	if err := d.Record(d.ctx, results); err != nil {
		d.Fatal(err)
	}
}

func (d *fixture) state(id string) string {
	d.Helper()
	var state string
	query := d.store.Rebind("SELECT state FROM deliveries WHERE id = ?")
	if err := d.store.Reader().QueryRowContext(d.ctx, query, id).Scan(&state); err != nil {
		d.Fatal(err)
	}
	return state
}

func (d *fixture) targets() []queue.Target {
	d.Helper()
	list, err := d.Targets(d.ctx)
	if err != nil {
		d.Fatal(err)
	}
	return list
}

// postback is a partner's postback, due at once.
func postback(id, url string, at time.Time) store.Delivery {
	return store.Delivery{
		ID: id, Network: "net", Kind: store.KindPostback, Event: "c-" + id, Name: "sales", Offer: "shoes", Partner: "blog",
		URL: url, CreatedAt: at.UnixMicro(), DueAt: at.UnixMicro(),
	}
}

func failed(x delivery.Delivery, at time.Time) delivery.Result {
	return delivery.Result{
		ID: x.ID, Target: x.Target, At: at, State: delivery.Waiting, NextAt: at.Add(time.Minute),
		HTTPStatus: 500, Error: "answered Internal Server Error", Body: "a\x00b\xff",
	}
}

func succeeded(x delivery.Delivery, at time.Time) delivery.Result {
	return delivery.Result{ID: x.ID, Target: x.Target, At: at, State: delivery.Delivered, HTTPStatus: 200}
}

func TestMacrosAreExpanded(t *testing.T) {
	each(t, func(d *fixture) {
		p := postback("a", "https://blog.example/pb?id={sub1}&sum={payout}&x=<TRACKER>", start)
		p.Macros = map[string]string{"sub1": "a&b c", "payout": "1.40", "clickid": "CLICK"}
		i := store.Delivery{ID: "i", Network: "net", Kind: store.KindImpression, URL: "https://adv.example/i?a={x}", CreatedAt: 1, DueAt: 1}
		d.fold(p, i)
		got := map[string]string{}
		for _, x := range d.due(start) {
			got[x.ID] = x.URL
			if (x.Target == "") != (x.ID == "i") {
				d.Errorf("target of %s is %q: only partners' URLs have one", x.ID, x.Target)
			}
		}
		if want := "https://blog.example/pb?id=a%26b%20c&sum=1.40&x=CLICK"; got["a"] != want {
			d.Errorf("URL %q, want %q", got["a"], want)
		}
		if want := "https://adv.example/i?a={x}"; got["i"] != want {
			d.Errorf("URL %q, want it as it is: %q", got["i"], want)
		}
	})
}

func TestOneSlowHostDoesNotHideTheOthers(t *testing.T) {
	each(t, func(d *fixture) {
		var list []store.Delivery
		for i := range 500 {
			list = append(list, postback(fmt.Sprintf("slow%03d", i), "https://SLOW.example:8443/pb", start))
		}
		list = append(list,
			postback("later", "http://other.example?x=1", start.Add(time.Hour)),
			postback("fast1", "http://fast.example#f", start.Add(time.Second)),
			postback("fast2", "http://fast.example", start.Add(2*time.Second)))
		d.fold(list...)
		if got := d.dueIDs(start.Add(time.Minute), "slow.example:8443"); !slices.Equal(got, []string{"fast1", "fast2"}) {
			d.Errorf("with a busy host: %v", got)
		}
		got := d.dueIDs(start.Add(time.Minute))
		if !slices.Contains(got, "fast1") || !slices.Contains(got, "slow000") || len(got) > 20 {
			d.Errorf("%d due, %v: want a few of each host", len(got), got)
		}
		limited, err := d.Due(d.ctx, start.Add(time.Minute), 3, nil, []string{"slow000"})
		if err != nil || len(limited) != 3 || limited[0].ID != "slow001" {
			d.Errorf("limited to 3 without slow000: %+v, %v", limited, err)
		}
	})
}

func TestClaimsKeepCouriersApart(t *testing.T) {
	each(t, func(d *fixture) {
		d.fold(postback("a", "http://x.example", start), postback("b", "http://x.example", start))
		until := start.Add(30 * time.Second)
		first, err := d.Claim(d.ctx, []string{"a"}, start, until)
		if err != nil || !slices.Equal(first, []string{"a"}) {
			d.Fatalf("claimed %v, %v", first, err)
		}
		second, err := d.Claim(d.ctx, []string{"a", "b"}, start, until)
		if err != nil || !slices.Equal(second, []string{"b"}) {
			d.Errorf("the second courier claimed %v, %v; want b alone", second, err)
		}
		if got := d.dueIDs(start.Add(time.Second)); got != nil {
			d.Errorf("due while claimed: %v", got)
		}
		if got := d.dueIDs(until); len(got) != 2 {
			d.Errorf("due after the claims have lapsed: %v, want both", got)
		}
	})
}

func TestResultsAreKept(t *testing.T) {
	each(t, func(d *fixture) {
		d.fold(postback("a", "http://x.example", start), postback("b", "http://y.example", start), postback("c", "http://z.example", start))
		by := map[string]delivery.Delivery{}
		for _, x := range d.due(start) {
			by[x.ID] = x
		}
		parked := failed(by["c"], start)
		parked.State = delivery.Parked
		d.record(succeeded(by["a"], start), failed(by["b"], start), parked)
		d.record(failed(by["a"], start.Add(time.Second))) // a late second courier
		for id, want := range map[string]string{"a": "delivered", "b": "waiting", "c": "parked"} {
			if got := d.state(id); got != want {
				d.Errorf("%s is %s, want %s", id, got, want)
			}
		}
		if got := d.dueIDs(start.Add(59 * time.Second)); got != nil {
			d.Errorf("due before the next attempt: %v", got)
		}
		again := d.due(start.Add(time.Minute))
		if len(again) != 1 || again[0].ID != "b" || again[0].Attempts != 1 || !again[0].CreatedAt.Equal(start) {
			d.Errorf("next attempt %+v", again)
		}
	})
}

func TestRetryByHand(t *testing.T) {
	each(t, func(d *fixture) {
		d.fold(postback("a", "http://x.example", start))
		x := d.due(start)[0]
		parked := failed(x, start)
		parked.State = delivery.Parked
		d.record(parked)
		later := start.Add(48 * time.Hour)
		if err := d.Retry(d.ctx, "a", later); err != nil {
			d.Fatal(err)
		}
		again := d.due(later)
		if len(again) != 1 || again[0].Attempts != 0 || !again[0].CreatedAt.Equal(later) {
			d.Fatalf("after the retry %+v, want a fresh day of attempts", again)
		}
		d.record(succeeded(again[0], later))
		if err := d.Retry(d.ctx, "a", later); !errors.Is(err, queue.ErrDelivered) {
			d.Errorf("retry of a delivered one: %v", err)
		}
		if err := d.Retry(d.ctx, "nobody", later); !errors.Is(err, queue.ErrNotFound) {
			d.Errorf("retry of none: %v", err)
		}
	})
}

// failTimes lets calls to the queue's only delivery fail.
func (d *fixture) failTimes(n int, every time.Duration) time.Time {
	d.Helper()
	now := start
	for range n {
		list := d.due(now)
		if len(list) == 0 {
			d.Fatalf("nothing due at %s", now)
		}
		r := failed(list[0], now)
		now = now.Add(every)
		r.NextAt = now
		d.record(r)
	}
	return now
}

func TestTenFailuresInARowSuspend(t *testing.T) {
	each(t, func(d *fixture) {
		d.fold(postback("a", "http://x.example/{sub1}", start))
		now := d.failTimes(9, 7*time.Hour)
		if got := d.targets(); len(got) != 1 || got[0].State != delivery.Waiting || got[0].Failures != 9 || !got[0].SuspendedAt.IsZero() {
			d.Fatalf("after 9 failures %+v", got)
		}
		d.record(failed(d.due(now)[0], now))
		got := d.targets()
		if len(got) != 1 || got[0].State != delivery.Suspended || got[0].Partner != "blog" || got[0].Name != "sales" || got[0].HTTPStatus != 500 {
			d.Fatalf("after 10 failures %+v", got)
		}
		if state := d.state("a"); state != "suspended" {
			d.Errorf("the delivery is %s", state)
		}
		d.fold(postback("b", "http://x.example/{sub1}", now), postback("other", "http://x.example/other", now))
		if due := d.dueIDs(now); !slices.Equal(due, []string{"other"}) {
			d.Errorf("due %v, want the other URL alone", due)
		}
		if state := d.state("b"); state != "suspended" {
			d.Errorf("a new delivery to the suspended URL is %s", state)
		}
	})
}

func TestOldFailuresDoNotSuspend(t *testing.T) {
	each(t, func(d *fixture) {
		d.fold(postback("a", "http://x.example", start))
		d.failTimes(12, 8*time.Hour+time.Second) // ten of them span more than 72 h
		if got := d.targets(); len(got) != 1 || got[0].State != delivery.Waiting || got[0].Failures != 12 {
			d.Errorf("%+v", got)
		}
	})
}

// TestFailuresOfAnotherTimeDoNotSuspend: a clock that was ahead, or is, makes no row in 72 h.
func TestFailuresOfAnotherTimeDoNotSuspend(t *testing.T) {
	for name, leap := range map[string]time.Duration{"leaps": 100 * time.Hour, "is set back": -100 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			each(t, func(d *fixture) {
				d.fold(postback("a", "http://x.example", start))
				d.failTimes(9, time.Minute)
				x := d.due(start.Add(time.Hour))[0]
				d.record(failed(x, start.Add(leap)))
				if got := d.targets(); len(got) != 1 || got[0].State != delivery.Waiting || got[0].Failures != 10 {
					d.Errorf("%+v", got)
				}
			})
		})
	}
}

func TestASuccessEndsTheRow(t *testing.T) {
	each(t, func(d *fixture) {
		d.fold(postback("a", "http://x.example", start), postback("b", "http://x.example", start.Add(time.Hour)))
		now := d.failTimes(9, time.Minute)
		d.record(succeeded(d.due(now)[0], now))
		if got := d.targets(); len(got) != 0 {
			d.Errorf("targets after a success: %+v", got)
		}
		now = start.Add(time.Hour)
		d.record(failed(d.due(now)[0], now))
		if got := d.targets(); len(got) != 1 || got[0].Failures != 1 {
			d.Errorf("the row goes on: %+v", got)
		}
	})
}

func (d *fixture) suspended() time.Time {
	d.Helper()
	d.fold(postback("a", "http://x.example/{sub1}", start))
	return d.failTimes(10, time.Minute)
}

func TestResume(t *testing.T) {
	for name, resume := range map[string]func(d *fixture, now time.Time) error{
		"of the target":        func(d *fixture, now time.Time) error { return d.Resume(d.ctx, d.targets()[0].ID, now) },
		"retry of one of them": func(d *fixture, now time.Time) error { return d.Retry(d.ctx, "a", now) },
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(d *fixture) {
				now := d.suspended()
				d.fold(postback("b", "http://x.example/{sub1}", now))
				d.due(now)
				now = now.Add(96 * time.Hour)
				if err := resume(d, now); err != nil {
					d.Fatal(err)
				}
				if got := d.dueIDs(now); !slices.Equal(got, []string{"a", "b"}) {
					d.Errorf("due %v, want all that waited", got)
				}
				if got := d.targets(); len(got) != 0 {
					d.Errorf("targets %+v", got)
				}
				if err := d.Resume(d.ctx, "nobody", now); !errors.Is(err, queue.ErrNotFound) {
					d.Errorf("resume of none: %v", err)
				}
			})
		})
	}
}

func TestAChangedURLResumes(t *testing.T) {
	each(t, func(d *fixture) {
		now := d.suspended()
		p := postback("b", "http://new.example/{sub1}", now.Add(time.Second))
		p.Macros = map[string]string{"sub1": "x"}
		d.fold(p)
		now = now.Add(2 * time.Second)
		if got := d.dueIDs(now); !slices.Equal(got, []string{"b"}) {
			d.Fatalf("due %v", got)
		}
		got := d.due(now)
		if len(got) != 2 || got[0].URL != "http://new.example/x" || got[1].URL != "http://new.example/" || got[0].Target != got[1].Target {
			d.Errorf("after the change %+v, want what waited at the new URL", got)
		}
	})
}

func TestACallThatWasOutWhenItsTargetWasSuspended(t *testing.T) {
	each(t, func(d *fixture) {
		d.fold(postback("b", "http://x.example/{sub1}", start))
		b := d.due(start)[0]
		d.fold(postback("a", "http://x.example/{sub1}", start))
		now := start
		for range 10 {
			r := failed(delivery.Delivery{ID: "a", Target: b.Target}, now)
			d.record(r)
			now = now.Add(time.Second)
		}
		d.record(failed(b, now))
		if state := d.state("b"); state != "suspended" {
			d.Errorf("a failed call is %s, want suspended", state)
		}
		d.record(succeeded(b, now))
		if state := d.state("a"); state != "waiting" {
			d.Errorf("after a success the others are %s, want waiting", state)
		}
	})
}

func TestWaitingForTheClick(t *testing.T) {
	const click = "UGpfvEAAAAAAAAAAAQAAAAAAAAABAAAAAAAAAAEAAAAAAAAAAQ" // any 37 bytes that begin as a click id does
	each(t, func(d *fixture) {
		late, never := postback("late", "http://x.example/?s={sub1}&i={ip}&p={payout}", start), postback("never", "http://x.example/?s={sub1}", start)
		seen := postback("seen", "http://x.example/?v={ref}", start)
		seen.NeedsClick = true
		late.NeedsClick, late.ClickID, late.Macros = true, click, map[string]string{"payout": "1.00"}
		never.NeedsClick, never.ClickID = true, strings.Replace(click, "Q", "Z", 1)
		d.fold(late, never, seen)
		if got := d.dueIDs(start); got != nil {
			d.Fatalf("due before the click is known: %v", got)
		}
		raw := store.VisitID(click)
		seconds := int64(raw[1])<<24 | int64(raw[2])<<16 | int64(raw[3])<<8 | int64(raw[4])
		const impression = "gGpfvEAAAAAAAAAAAQAAAAAAAAABAAAAAAAAAAEAAAAAAAAAAQ"
		d.update(func(tx *store.Tx) error {
			c := store.Conversion{Cell: 1, Conversion: &judge.Conversion{ID: seen.Event, AimpID: impression}}
			return errors.Join(tx.Conversions.Add(d.ctx, []store.Conversion{c}), tx.Visits.AddImpressions(d.ctx, []store.Visit{
				{Day: seconds / 86400, ID: impression, Cell: 1, Visit: judge.Visit{At: seconds * 1e6, Ref: "r"}}}))
		})
		d.update(func(tx *store.Tx) error {
			return tx.Visits.AddClicks(d.ctx, []store.Visit{{Day: seconds / 86400, ID: click, Cell: 1, Visit: judge.Visit{
				At: seconds * 1e6, IP: "192.0.2.1", Subs: [10]string{"one"}}}})
		})
		now := start.Add(2 * time.Second)
		d.due(now) // finds the row
		got := d.due(now)
		if len(got) != 2 || got[0].URL != "http://x.example/?s=one&i=192.0.2.1&p=1.00" || got[1].URL != "http://x.example/?v=r" {
			d.Fatalf("%+v", got)
		}
		if got := d.dueIDs(start.Add(10 * time.Minute)); !slices.Contains(got, "never") {
			d.Errorf("after ten minutes due %v, want the one whose click is lost too", got)
		}
	})
}

// TestADeliveryOfTheFutureWaitsForNoClick: it would as long as another clock was ahead.
func TestADeliveryOfTheFutureWaitsForNoClick(t *testing.T) {
	each(t, func(d *fixture) {
		x := postback("a", "http://x.example/?s={sub1}", start.Add(time.Hour))
		x.NeedsClick, x.ClickID, x.DueAt = true, "UGpfvEAAAAAAAAAAAQAAAAAAAAABAAAAAAAAAAEAAAAAAAAAAQ", start.UnixMicro()
		d.fold(x)
		if got := d.dueIDs(start); !slices.Equal(got, []string{"a"}) {
			d.Errorf("due %v", got)
		}
	})
}

func TestABrokenTemplateIsParked(t *testing.T) {
	each(t, func(d *fixture) {
		d.fold(postback("a", "http://x.example/{nonsense}", start))
		if got := d.dueIDs(start); got != nil || d.state("a") != "parked" {
			d.Errorf("due %v, state %s", got, d.state("a"))
		}
	})
}
