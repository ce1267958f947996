package fold

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/go-logr/logr"

	"github.com/waypost/waypost/api/money"
	"github.com/waypost/waypost/api/pricing"
	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/tracker/journal"
	"github.com/waypost/waypost/tracker/ledger/judge"
)

const second = 1_000_000

// began is when all clicks of these tests happened, in seconds since 1970.
const began = 20_000 * 86400

// recorder is a Source that has nothing to bring but holds, and a Sink that notes what it takes.
type recorder struct {
	t     *testing.T
	books *Fold
	notes []string
	n     int
}

func newRecorder(t *testing.T) *recorder {
	counters, err := NewCounters(Zones{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	r := &recorder{t: t}
	r.books = &Fold{Known: NewKnown(), Counters: counters, Parking: NewParking(), Source: r, Sink: r, Log: logr.Discard()}
	return r
}

func (r *recorder) Load([]*Postback) error { return nil }

func (r *recorder) HoldsEnding(at int64) ([]*Conversion, error) {
	var out []*Conversion
	for _, c := range r.books.Conversions {
		if c.Status == snapshot.StatusHold && c.HoldUntil <= at {
			out = append(out, c)
		}
	}
	return out, nil
}

func (r *recorder) Judged(p *Postback, o *judge.Outcome) {
	r.note(p.ID, o.Verdict.Verdict, o.Verdict.Reason)
}

func (r *recorder) Booked(c *Conversion, o *judge.Outcome, _ *Config, visit *judge.Visit) {
	sub := "-"
	if visit != nil {
		sub = visit.Subs[0]
	}
	r.note("book", c.ID, fmt.Sprint(o.Before != nil), sub, o.Closes)
}

func (r *recorder) Parked(w *Waiting)   { r.note("park", w.ID, fmt.Sprint(w.Deadline/second)) }
func (r *recorder) Released(w *Waiting) { r.note("release", w.ID) }

func (r *recorder) note(parts ...string) {
	r.notes = append(r.notes, strings.TrimSpace(strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), " ")))
}

// post folds a postback of click c, some seconds after it.
func (r *recorder) post(click string, after int64, change ...func(*journal.Postback)) {
	r.n++
	in := &journal.Postback{
		At: (began + after) * second, Network: "net", ClickID: click, SessionAt: began,
		Terms: &journal.Terms{
			Offer:   journal.OfferTerms{Name: "shoes", Currency: "USD", TimeZone: "UTC"},
			Partner: journal.PartnerTerms{Name: "blog"}, Goal: journal.GoalTerms{Value: "2"},
			Pricing: pricing.Terms{Payout: pricing.Side{Own: snapshot.PayoutTerms{Flat: money.Amount(second)}}},
		},
	}
	for _, c := range change {
		c(in)
	}
	p := &Postback{Postback: in, ID: fmt.Sprintf("p%d", r.n), Config: NewConfig(in.Terms, judge.Key{}, Zones{}), Keys: judge.KeysOf(in)}
	cell := judge.Dimensions{Network: "net", Offer: "shoes", Partner: "blog", Goal: "2"}
	if err := r.books.Counters.Begin(p.Config.Caps, &cell, in.At, p.Config.Zone, func(*Cap, *Counter) (int64, error) { return 0, nil }); err != nil {
		r.t.Fatal(err)
	}
	if _, known := r.books.Visits[click]; !known {
		r.books.Visits[click] = nil // asked for, and not there
	}
	r.books.Postback(p)
}

func (r *recorder) arrive(click string) {
	r.books.Arrived(click, &judge.Visit{At: began * second, Subs: [10]string{"s-" + click}})
}

func (r *recorder) tick(after int64) {
	if err := r.books.Tick((began + after) * second); err != nil {
		r.t.Fatal(err)
	}
}

func order(id string) func(*journal.Postback) { return func(p *journal.Postback) { p.OrderID = id } }

// TestFold: what happens of entries, in their order.
func TestFold(t *testing.T) {
	endPoint := func(p *journal.Postback) { p.Terms.Goal.EndPoint = true }
	held := func(p *journal.Postback) { p.Terms.Offer.HoldHours = 1 }
	capped := func(p *journal.Postback) {
		p.Terms.Offer.Caps = []snapshot.Cap{{Name: "one", Metric: snapshot.CapConversions, Window: snapshot.CapDay, Limit: 1}}
	}
	for name, test := range map[string]struct {
		entries func(r *recorder)
		want    []string
	}{
		"a postback behind its click": {func(r *recorder) { r.arrive("c"); r.books.Visits["c"] = &judge.Visit{}; r.post("c", 10) },
			[]string{"book p1 false", "p1 approved"}},
		"what comes before its click waits, in its order": {func(r *recorder) { r.post("c", 1); r.post("c", 2); r.arrive("c") },
			[]string{"park p1 0", "park p2 0", "release p1", "book p1 false s-c", "p1 approved", "release p2", "p2 refused duplicate"}},
		"a second of ticks is enough": {func(r *recorder) { r.post("c", 1); r.tick(5); r.tick(6) },
			[]string{"park p1 0", fmt.Sprintf("park p1 %d", began+6), "release p1", "book p1 false -", "p1 approved"}},
		"time that goes back brings the deadline forward": {func(r *recorder) { r.post("c", 1); r.tick(5000); r.tick(7); r.tick(8) },
			[]string{"park p1 0", fmt.Sprintf("park p1 %d", began+5001), fmt.Sprintf("park p1 %d", began+8), "release p1", "book p1 false -", "p1 approved"}},
		"an old click is not waited for": {func(r *recorder) { r.post("c", 60) },
			[]string{"book p1 false -", "p1 approved"}},
		"an order with another click": {func(r *recorder) {
			r.post("c", 60, order("a"), func(p *journal.Postback) { p.Status = snapshot.StatusPending })
			r.books.Visits["d"] = &judge.Visit{Subs: [10]string{"s-d"}}
			r.post("d", 70, order("a"), func(p *journal.Postback) { p.Status = snapshot.StatusApproved })
		}, []string{"book p1 false -", "p1 pending", "book p1 true -", "p2 approved"}},
		"an end point closes its session once": {func(r *recorder) {
			r.post("c", 60, endPoint, order("a"))
			r.post("c", 70, func(p *journal.Postback) { p.Terms.Goal.Value = "3" })
		}, []string{"book p1 false - c", "p1 approved", "p2 refused session_closed"}},
		"a hold ends by a tick": {func(r *recorder) { r.post("c", 60, held); r.tick(3659); r.tick(3660) },
			[]string{"book p1 false -", "p1 hold", "book p1 true -"}},
		"a cap takes one": {func(r *recorder) { r.post("c", 60, capped); r.post("d", 61, capped) },
			[]string{"book p1 false -", "p1 approved", "book p2 false -", "p2 rejected cap_reached"}},
		"a moderation of another network": {func(r *recorder) {
			r.post("c", 60)
			r.books.Moderate(&journal.Moderation{Network: "other", ConversionID: "p1", Status: snapshot.StatusRejected})
		}, []string{"book p1 false -", "p1 approved"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRecorder(t)
			test.entries(r)
			if !slices.Equal(r.notes, test.want) {
				t.Errorf("got\n%s, want\n%s", strings.Join(r.notes, "\n"), strings.Join(test.want, "\n"))
			}
		})
	}
}
