package ledger

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-logr/logr/funcr"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/tracker/journal"
	"github.com/waypost/waypost/tracker/ledger/store/storetest"
)

func fires(list ...snapshot.PartnerPostback) func(*journal.Postback) {
	return func(p *journal.Postback) { p.Terms.Partner.Postbacks = list }
}

// TestHoldEndsByTick: not before its time, once, counted and delivered.
func TestHoldEndsByTick(t *testing.T) {
	storetest.Each(t, func(t *testing.T, target string) {
		tp := newTape()
		o := newOffice(t, target, tp)
		on := fires(snapshot.PartnerPostback{Name: "a", URL: "https://p.example/?ip={ip}"}, snapshot.PartnerPostback{Name: "h", URL: "https://p.example/?s={sub1}", On: []snapshot.ConversionStatus{5}})
		tp.write(clickEntry(1, 0), postEntry(1, 0, 10, holdFor(1), on))
		tp.write(tickEntry(3609))
		o.catchUp()
		statuses := "SELECT status, hold_until FROM conversions"
		if got := rowsOf(t, o.store.Reader(), statuses)[0]; got != fmt.Sprintf("status=5 hold_until=%d ", micros(3610)) {
			t.Errorf("before its end: %s", got)
		}
		if at, err := o.store.NextHold(t.Context()); err != nil || at != micros(3610) {
			t.Errorf("next hold ends at %d, %v", at, err)
		}
		tp.write(tickEntry(3610), tickEntry(3600), tickEntry(3611))
		o.catchUp()
		if got := rowsOf(t, o.store.Reader(), statuses)[0]; got != "status=1 hold_until=0 " {
			t.Errorf("after its end: %s", got)
		}
		if got := rowsOf(t, o.store.Reader(), "SELECT approved, hold, approved_payout, hold_payout FROM rollup_day WHERE approved + hold > 0")[0]; got != "approved=1 hold=0 approved_payout=1000000 hold_payout=0 " {
			t.Errorf("counted as %s", got)
		}
		got := rowsOf(t, o.store.Reader(), "SELECT name, status, transition, needs_click FROM deliveries ORDER BY transition")
		if fmt.Sprint(got) != "[name=h status=hold transition=0 needs_click=0  name=a status=approved transition=1 needs_click=1 ]" {
			t.Errorf("deliveries %v", got)
		}
	})
}

// TestAnOrderWithAnotherPartnersClick: an order's conversion belongs to the partner
// it came with first. A later postback may come with the click of another; that one
// is called about nothing, and nothing of his is told.
func TestAnOrderWithAnotherPartnersClick(t *testing.T) {
	storetest.Each(t, func(t *testing.T, target string) {
		tp := newTape()
		o := newOffice(t, target, tp)
		url := func(of string) snapshot.PartnerPostback {
			return snapshot.PartnerPostback{Name: of, URL: "https://" + of + ".example/?p={partner_id}&s={sub1}"}
		}
		rival := func(p *journal.Postback) {
			p.Terms.Partner = journal.PartnerTerms{Name: "rival", TrackingID: "3003", Postbacks: []snapshot.PartnerPostback{url("rival")}}
		}
		tp.write(clickEntry(1, 0), clickEntry(2, 0, func(x *journal.Traffic) { x.Context.Partner, x.Context.PartnerID = "rival", "3003" }))
		tp.write(postEntry(1, 0, 10, order("x"), status(snapshot.StatusPending), fires(url("blog"))))
		tp.write(postEntry(2, 0, 20, order("x"), status(snapshot.StatusApproved), rival))
		o.catchUp()
		got := rowsOf(t, o.store.Reader(), "SELECT partner, url, click_id, macros FROM deliveries")
		if len(got) != 1 || !strings.HasPrefix(got[0], "partner=blog url=https://blog.example/?p={partner_id}&s={sub1} click_id="+clickToken(1, 0)+" ") ||
			!strings.Contains(got[0], `"partner_id":"2002"`) || strings.Contains(got[0], "rival") || strings.Contains(got[0], clickToken(2, 0)) {
			t.Errorf("deliveries %v", got)
		}
	})
}

// TestModerationInTheBooks: history, counts, deliveries, and what is not ours to do.
func TestModerationInTheBooks(t *testing.T) {
	storetest.Each(t, func(t *testing.T, target string) {
		tp := newTape()
		o := newOffice(t, target, tp)
		on := fires(snapshot.PartnerPostback{Name: "a", URL: "https://p.example/?s={sub1}&st={status}", On: []snapshot.ConversionStatus{1, 3}})
		tp.write(clickEntry(1, 0), postEntry(1, 0, 10, manual, on))
		id := entryID(tp.boot, 1, 1, micros(10))
		foreign := moderation(id, snapshot.StatusRejected, 20)
		foreign.Moderation.Network = "other"
		tp.write(moderation("nothing", snapshot.StatusApproved, 20), foreign)
		tp.write(moderation(id, snapshot.StatusApproved, 21))
		tp.write(moderation(id, snapshot.StatusRejected, 22), moderation(id, snapshot.StatusApproved, 23))
		o.catchUp()
		want := `[{"at":1728043210000000,"from":0,"to":2,"by":"postback","reason":""},` +
			`{"at":1728043221000000,"from":2,"to":1,"by":"alice","reason":"seen"},` +
			`{"at":1728043222000000,"from":1,"to":3,"by":"alice","reason":"seen"},` +
			`{"at":1728043223000000,"from":3,"to":1,"by":"alice","reason":"seen"}]`
		if got := rowsOf(t, o.store.Reader(), "SELECT history FROM conversions WHERE status = 1")[0]; got != "history="+want+" " {
			t.Errorf("history %s", got)
		}
		got := rowsOf(t, o.store.Reader(), "SELECT status, needs_click FROM deliveries ORDER BY transition")
		if fmt.Sprint(got) != "[status=approved needs_click=0  status=rejected needs_click=0  status=approved needs_click=0 ]" {
			t.Errorf("deliveries %v", got)
		}
	})
}

// TestRetention drops rows by the time of ticks, and personal data before.
func TestRetention(t *testing.T) {
	storetest.Each(t, func(t *testing.T, target string) {
		const day = 24 * 3600
		tp := newTape()
		o := newOffice(t, target, tp, func(o *Options) { o.Retain, o.RetainPersonal = 3*24*time.Hour, 24*time.Hour })
		for d := range 6 {
			tp.write(clickEntry(d, int64(d*day)), impressionEntry(d, int64(d*day)))
			tp.write(tickEntry(int64(d*day) + 60))
		}
		o.catchUp()
		got := rowsOf(t, o.store.Reader(), fmt.Sprintf("SELECT day - %d AS d, ip FROM clicks ORDER BY day", start/day))
		if fmt.Sprint(got) != "[d=2 ip=  d=3 ip=  d=4 ip=192.0.2.1  d=5 ip=192.0.2.1 ]" {
			t.Errorf("clicks left: %v", got)
		}
		if n := rowsOf(t, o.store.Reader(), "SELECT * FROM impressions"); len(n) != 4 {
			t.Errorf("%d impressions left", len(n))
		}
		visitors := "visitors"
		if o.store.Postgres() {
			visitors = "uniques"
		}
		if n := rowsOf(t, o.store.Reader(), "SELECT DISTINCT day FROM "+visitors); len(n) != 3 {
			t.Errorf("visitors left: %v", n)
		}
		// A click of a day that is gone still comes, and a postback on one.
		tp.write(clickEntry(7, 10), postEntry(0, 0, 5*day))
		o.catchUp()
		if got := rowsOf(t, o.store.Reader(), "SELECT status, click_missing FROM conversions")[0]; got != "status=1 click_missing=1 " {
			t.Errorf("conversion of a click that is gone: %s", got)
		}
	})
}

// TestPostbackLogIsDropped by the time of ticks; what it told of conversions stays:
// the oldest order is still a duplicate.
func TestPostbackLogIsDropped(t *testing.T) {
	storetest.Each(t, func(t *testing.T, target string) {
		const day = 24 * 3600
		tp := newTape()
		o := newOffice(t, target, tp, func(o *Options) { o.Retain, o.RetainPersonal = 3*24*time.Hour, 24*time.Hour })
		pixel := func(p *journal.Postback) { p.SourceIP, p.Via = "192.0.2.1", journal.ViaImage }
		server := func(p *journal.Postback) { p.SourceIP = "203.0.113.1" }
		for d := range 6 {
			at := int64(d * day)
			tp.write(clickEntry(d, at), postEntry(d, at, at, server, multiple, order(fmt.Sprint("a", d))), postEntry(d, at, at, pixel, multiple, order(fmt.Sprint("b", d))))
			tp.write(tickEntry(at + 60))
		}
		o.catchUp()
		query := fmt.Sprintf("SELECT at / 86400000000 - %d AS d, source_ip FROM postbacks ORDER BY order_id", start/day)
		want := "[d=2 source_ip=203.0.113.1  d=3 source_ip=203.0.113.1  d=4 source_ip=203.0.113.1  d=5 source_ip=203.0.113.1 " +
			" d=2 source_ip=  d=3 source_ip=  d=4 source_ip=192.0.2.1  d=5 source_ip=192.0.2.1 ]"
		if got := fmt.Sprint(rowsOf(t, o.store.Reader(), query)); got != want {
			t.Errorf("the log has\n%s, want\n%s", got, want)
		}
		tp.write(postEntry(0, 0, 5*day+120, server, multiple, order("a0")))
		o.catchUp()
		if got := rowsOf(t, o.store.Reader(), "SELECT verdict, reason FROM postbacks WHERE order_id = 'a0'")[0]; got != "verdict=refused reason=duplicate " {
			t.Errorf("the same order again: %s", got)
		}
		if n := len(rowsOf(t, o.store.Reader(), "SELECT id FROM conversions")); n != 12 {
			t.Errorf("%d conversions, want all 12", n)
		}
	})
}

// TestDaysAreTheNetworks counts in the network's days, and notes a changed zone.
func TestDaysAreTheNetworks(t *testing.T) {
	storetest.Each(t, func(t *testing.T, target string) {
		zone := func(z string) func(*journal.Traffic) {
			return func(x *journal.Traffic) { x.Context.TimeZone = z }
		}
		tp := newTape()
		o := newOffice(t, target, tp)
		const late = 11*3600 + 1800 // 23:30 UTC
		tp.write(clickEntry(1, late, zone("UTC")), clickEntry(2, late, zone("Asia/Tokyo")))
		tp.write(clickEntry(3, late+3600, zone("Asia/Tokyo")), clickEntry(4, late+3600, zone("No/Such")))
		o.catchUp()
		days := rowsOf(t, o.store.Reader(), "SELECT bucket - 20000 AS day, clicks FROM rollup_day ORDER BY bucket")
		if fmt.Sprint(days) != "[day=0 clicks=1  day=1 clicks=3 ]" {
			t.Errorf("days %v", days)
		}
		zones := rowsOf(t, o.store.Reader(), "SELECT zone FROM zones ORDER BY since")
		if fmt.Sprint(zones) != "[zone=UTC  zone=Asia/Tokyo ]" {
			t.Errorf("zones %v", zones)
		}
	})
}

// TestTicksWhenTimeMatters: a hold that ends, something parked, a new day; and one
// tick at a time.
func TestTicksWhenTimeMatters(t *testing.T) {
	tp := newTape()
	var now atomic.Int64
	now.Store(micros(0))
	o := newOffice(t, storetest.SQLite(t), tp, func(o *Options) {
		o.Append = tp
		o.Now = func() time.Time { return time.UnixMicro(now.Load()) }
	})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- o.ledger.Run(ctx) }()

	o.await(ctx, 1) // the first tick there ever is
	tp.write(clickEntry(1, 0), postEntry(1, 0, 5, holdFor(1)))
	o.await(ctx, 2)
	now.Store(micros(3605))
	o.await(ctx, 3)
	if got := rowsOf(t, o.store.Reader(), "SELECT status FROM conversions")[0]; got != "status=1 " {
		t.Errorf("after the hold: %s", got)
	}
	tp.write(postEntry(2, 3600, 3605))
	o.await(ctx, 4)
	now.Store(micros(3606))
	o.await(ctx, 5)
	now.Store(micros(3608))
	o.await(ctx, 6)
	if got := rowsOf(t, o.store.Reader(), "SELECT count(*) AS n FROM conversions")[0]; got != "n=2 " {
		t.Errorf("after parking: %s", got)
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("run ended with %v", err)
	}
	if tp.end() > 6 {
		t.Errorf("%d ticks too many", tp.end()-6)
	}
}

// TestTicksStopUntilTheyComeBack: while a tick is on its way no other is sent, for a
// while.
func TestTicksStopUntilTheyComeBack(t *testing.T) {
	o := newOffice(t, storetest.SQLite(t), newTape())
	sent := &counting{}
	o.ledger.o.Append = sent
	tick := ticker{l: o.ledger}
	at := time.UnixMicro(micros(0))
	for _, step := range []struct {
		later  time.Duration
		folded bool // the last tick has come back
		want   int
	}{{0, false, 1}, {time.Second, false, 1}, {tickPatience + time.Second, false, 2}, {tickPatience + 2*time.Second, true, 2}, {time.Hour + 2*tickPatience, true, 3}} {
		if step.folded {
			o.ledger.clock.tickAt.Store(tick.sent.UnixMicro())
		}
		tick.look(t.Context(), at.Add(step.later))
		if sent.n != step.want {
			t.Errorf("after %s: %d ticks, want %d", step.later, sent.n, step.want)
		}
	}
	sent.err = errors.New("no journal")
	tick.look(t.Context(), at.Add(48*time.Hour))
	sent.err = nil
	tick.look(t.Context(), at.Add(48*time.Hour))
	if sent.n != 5 {
		t.Errorf("a tick that was not appended is tried again: %d", sent.n)
	}
}

type counting struct {
	n   int
	err error
}

func (c *counting) Append(context.Context, journal.Entry) error {
	c.n++
	return c.err
}

// TestTrim asks for what is folded and old enough only.
func TestTrim(t *testing.T) {
	tp := newTape()
	cut := &trimming{}
	now := time.UnixMicro(micros(0))
	o := newOffice(t, storetest.SQLite(t), tp, func(o *Options) {
		o.Trim, o.JournalRetain, o.Now = cut, 90*24*time.Hour, func() time.Time { return now }
	})
	trimmer{o.ledger}.trim(t.Context())
	tp.write(clickEntry(1, 0))
	tp.write(clickEntry(2, 0))
	o.catchUp()
	trimmer{o.ledger}.trim(t.Context())
	if want := fmt.Sprintf("2 %s;", now.Add(-35*24*time.Hour)); cut.String() != want {
		t.Errorf("trimmed %s, want %s", cut.String(), want)
	}
}

type trimming struct{ strings.Builder }

func (x *trimming) Trim(_ context.Context, position uint64, notAfter time.Time) (uint64, error) {
	fmt.Fprintf(x, "%d %s;", position, notAfter)
	return position, nil
}

// TestClocksOfTwoTrackersDiffer: a click of a tracker that is ahead, and ticks of a ledger
// between the two, change no verdict without a minimum.
func TestClocksOfTwoTrackersDiffer(t *testing.T) {
	for _, ahead := range []int64{-5, -1, 1, 5, 90} {
		tp := newTape()
		o := newOffice(t, storetest.SQLite(t), tp)
		tp.write(postEntry(1, 100+ahead, 100), tickEntry(100)) // its click comes behind
		tp.write(clickEntry(1, 100+ahead), tickEntry(101+ahead))
		tp.write(clickEntry(2, 100+ahead), tickEntry(102), postEntry(2, 100+ahead, 101), tickEntry(103))
		o.catchUp()
		if got := fmt.Sprint(rowsOf(t, o.store.Reader(), "SELECT status, click_missing FROM conversions")); got != "[status=1 click_missing=0  status=1 click_missing=0 ]" {
			t.Errorf("%d s ahead: %s", ahead, got)
		}
	}
}

// TestTimeGoesBack: a tick of a clock that was ahead holds up no hold, and ends none
// where it is ahead of the journal's server by days.
func TestTimeGoesBack(t *testing.T) {
	storetest.Each(t, func(t *testing.T, target string) {
		tp := newTape()
		o := newOffice(t, target, tp)
		tp.write(clickEntry(1, 0), postEntry(1, 0, 10, holdFor(1)))
		tp.write(tickEntry(3600))
		tp.write(clickEntry(2, 0), postEntry(2, 0, 11, holdFor(2)))
		tp.write(tickEntry(5*3600), tickEntry(20))
		tp.write(clickEntry(3, 20), postEntry(3, 20, 30, holdFor(1)))
		tp.write(tickEntry(3629))
		o.catchUp()
		hold := "SELECT count(*) AS n FROM conversions WHERE status = 5"
		if got := rowsOf(t, o.store.Reader(), hold)[0]; got != "n=1 " {
			t.Errorf("before the end of the last hold: %s", got)
		}
		tp.write(tickEntry(3630))
		o.catchUp()
		if got := rowsOf(t, o.store.Reader(), hold)[0]; got != "n=0 " {
			t.Errorf("after it, long before the tick that was ahead: %s", got)
		}
	})
}

// TestAFarTickIsHeldBack to the time of the server that stored it.
func TestAFarTickIsHeldBack(t *testing.T) {
	tp := newTape()
	o := newOffice(t, storetest.SQLite(t), tp)
	tp.write(clickEntry(1, 0), tickEntry(4_100_000_000-start))
	o.catchUp()
	if got := rowsOf(t, o.store.Reader(), "SELECT tick_at FROM ledger")[0]; got != "tick_at=4000000000000000 " {
		t.Errorf("time is %s", got)
	}
}

// TestTicksHeldBackAreCounted: each, and named once a minute.
func TestTicksHeldBackAreCounted(t *testing.T) {
	tp, reg, lines := newTape(), prometheus.NewRegistry(), 0
	o := newOffice(t, storetest.SQLite(t), tp, func(o *Options) {
		o.Metrics = NewMetrics(reg)
		o.Log = funcr.New(func(_, args string) {
			if strings.Contains(args, "held back") {
				lines++
			}
		}, funcr.Options{})
	})
	for i := range 4 {
		tp.write(tickEntry(4_100_000_000 - start + int64(i)))
		o.catchUp()
	}
	if n := gathered(t, reg, "waypost_ledger_ticks_held_back_total"); n != 4 || lines != 1 {
		t.Errorf("%v counted, %d lines", n, lines)
	}
}

// gathered is the value of a metric without labels.
func gathered(t *testing.T, reg *prometheus.Registry, name string) float64 {
	t.Helper()
	list, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range list {
		if f.GetName() == name {
			m := f.GetMetric()[0]
			return m.GetCounter().GetValue() + m.GetGauge().GetValue()
		}
	}
	t.Fatalf("no %s", name)
	return 0
}

// TestStartWithAWrongClock: a ledger that starts a day ahead of its books ends no hold by
// that, while postbacks that wait for their clicks are judged.
func TestStartWithAWrongClock(t *testing.T) {
	storetest.Each(t, func(t *testing.T, target string) {
		tp, reg := newTape(), prometheus.NewRegistry()
		tp.write(clickEntry(1, 0), postEntry(1, 0, 10, holdFor(5)), tickEntry(11))
		newOffice(t, target, tp).catchUp()
		var now atomic.Int64
		now.Store(micros(24 * 3600))
		o := newOffice(t, target, tp, func(o *Options) {
			o.Append, o.Metrics, o.Now = tp, NewMetrics(reg), func() time.Time { return time.UnixMicro(now.Add(100_000)) }
		})
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		done := make(chan error, 1)
		go func() { done <- o.ledger.Run(ctx) }()
		tp.write(postEntry(2, 24*3600, 24*3600)) // its click has not come
		statuses := func() []string { return rowsOf(t, o.store.Reader(), "SELECT status FROM conversions ORDER BY at") }
		for at := uint64(3); len(statuses()) < 2; at++ {
			o.await(ctx, at)
		}
		if got := fmt.Sprint(statuses()); got != "[status=5  status=1 ]" {
			t.Errorf("conversions %s", got)
		}
		if ahead := gathered(t, reg, "waypost_ledger_clock_leap_seconds"); ahead < 22*3600 {
			t.Errorf("%v s ahead", ahead)
		}
		end := tp.end()
		now.Add(leapHeld.Microseconds())
		for at := end + 1; fmt.Sprint(statuses()) != "[status=1  status=1 ]"; at++ {
			o.await(ctx, at) // fails where no time passes
		}
		cancel()
		<-done
	})
}

// TestAWrongClockIsNotBelievedByRestarts: the journal's server goes by the same clock, so
// the books hold batches of the future; holds do not end by those.
func TestAWrongClockIsNotBelievedByRestarts(t *testing.T) {
	for _, ahead := range []time.Duration{5 * time.Minute, 50 * time.Minute, 23 * time.Hour, 25 * time.Hour, 30 * 24 * time.Hour} {
		t.Run(ahead.String(), func(t *testing.T) {
			target, tp := storetest.SQLite(t), newTape()
			hours := max(1, int32(ahead.Hours()))
			at := int64(hours)*3600 + 70 - int64(ahead.Seconds()) // a minute later by the wrong clock the hold is over
			right := time.UnixMicro(micros(at))
			tp.stored = right
			tp.write(clickEntry(1, 0), postEntry(1, 0, 10, holdFor(hours)), tickEntry(at))
			newOffice(t, target, tp).catchUp()
			for n := range 4 { // restarts
				tp.stored = right.Add(ahead)
				o := newOffice(t, target, tp, func(o *Options) { o.Now = func() time.Time { return right.Add(ahead) } })
				tp.write(clickEntry(10*n+2, 20))
				o.catchUp()
				tick := ticker{l: o.ledger}
				o.ledger.o.Append = tp
				for i := range 3 {
					right = right.Add(time.Second)
					tp.stored = right.Add(ahead)
					tp.write(clickEntry(10*n+i+3, 20))
					tick.look(t.Context(), tick.now())
					o.catchUp()
				}
				if got := rowsOf(t, o.store.Reader(), "SELECT status FROM conversions")[0]; got != "status=5 " {
					t.Fatalf("after %d restarts: %s", n+1, got)
				}
				o.close()
			}
		})
	}
}

// TestRetriesAreKnownAfterATickOfTomorrow: the same postback again is none.
func TestRetriesAreKnownAfterATickOfTomorrow(t *testing.T) {
	tp := newTape()
	tp.stored = time.UnixMicro(micros(20))
	o := newOffice(t, storetest.SQLite(t), tp)
	tp.write(clickEntry(1, 0), tickEntry(1), postEntry(1, 0, 10, multiple))
	o.catchUp()
	tp.write(tickEntry(24*3600 + 15))
	o.catchUp()
	tp.write(postEntry(1, 0, 17, multiple))
	o.catchUp()
	if got := fmt.Sprint(rowsOf(t, o.store.Reader(), "SELECT verdict FROM postbacks ORDER BY at")); got != "[verdict=approved  verdict=refused ]" {
		t.Errorf("verdicts %s", got)
	}
}

// TestRetentionDoesNotLeap: a clock that is ahead by a year, or a machine that was
// off for one, takes away nothing at once and what is old at the next midnight.
func TestRetentionDoesNotLeap(t *testing.T) {
	storetest.Each(t, func(t *testing.T, target string) {
		const day = 24 * 3600
		tp := newTape()
		o := newOffice(t, target, tp, func(o *Options) { o.Retain, o.RetainPersonal = 3*24*time.Hour, 2*24*time.Hour })
		tp.write(clickEntry(1, 0), tickEntry(60))
		tp.write(tickEntry(366*day), tickEntry(120), tickEntry(366*day+60))
		o.catchUp()
		clicks := "SELECT ip FROM clicks"
		if got := fmt.Sprint(rowsOf(t, o.store.Reader(), clicks)); got != "[ip=192.0.2.1 ]" {
			t.Errorf("clicks after the leap: %s", got)
		}
		tp.write(tickEntry(367 * day))
		o.catchUp()
		if got := rowsOf(t, o.store.Reader(), clicks); len(got) != 0 {
			t.Errorf("clicks after the next midnight: %v", got)
		}
	})
}

// TestTrimDoesNotLeap: a clock that leaps trims nothing but ten minutes more.
func TestTrimDoesNotLeap(t *testing.T) {
	tp, cut := newTape(), &trimming{}
	now := time.UnixMicro(micros(0))
	o := newOffice(t, storetest.SQLite(t), tp, func(o *Options) {
		o.Trim, o.Now = cut, func() time.Time { return now }
	})
	tp.write(clickEntry(1, 0), tickEntry(0))
	o.catchUp()
	trimmer{o.ledger}.trim(t.Context())
	cut.Reset()
	now = now.AddDate(1, 0, 0)
	trimmer{o.ledger}.trim(t.Context())
	if want := fmt.Sprintf("1 %s;", time.UnixMicro(micros(600)).Add(-35*24*time.Hour)); cut.String() != want {
		t.Errorf("trimmed %s, want %s", cut.String(), want)
	}
}
