package soak

import (
	"context"
	"encoding/json"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// senders are how many callers there are at once.
const senders = 48

// answers are what the callers were told: verdicts by request.
type answers struct {
	mu       sync.Mutex
	verdicts map[int][]string
	ids      map[int]string // of conversions
	decided  []decision
}

// decision is a moderation that was confirmed.
type decision struct{ id, what string }

// load sends n requests; in a storm processes are killed meanwhile, batches come
// again, and the configuration is edited.
func (s *stage) load(seed uint64, n int, storm bool) *answers {
	a := &answers{verdicts: map[int][]string{}, ids: map[int]string{}}
	ctx, stop := context.WithCancel(s.t.Context())
	plan := newEditPlan(n)
	var disturbers, all sync.WaitGroup
	if storm {
		disturbers.Go(func() {
			s.disturb(ctx, rand.New(rand.NewPCG(seed, 2)), s.running("tracker-1", "postgres", "ledger-sqlite", "nats", "ledger-postgres-1", "tracker-2", "ledger-postgres-2", "operator")...)
		})
		disturbers.Go(func() { s.redeliver(ctx, rand.New(rand.NewPCG(seed, 4))) })
		disturbers.Go(func() { s.leap(ctx, rand.New(rand.NewPCG(seed, 5))) })
		disturbers.Go(func() { s.edit(ctx, rand.New(rand.NewPCG(seed, 3)), plan) })
	} else {
		plan.over()
	}
	for k := range senders {
		all.Go(func() {
			x := &sender{s.traffic, rand.New(rand.NewPCG(seed, 100+uint64(k)))}
			for plan.next() {
				s.one(ctx, x, a)
			}
		})
	}
	all.Wait()
	stop()
	disturbers.Wait()
	return a
}

// one makes one thing happen.
func (s *stage) one(ctx context.Context, x *sender, a *answers) {
	switch k := x.IntN(100); {
	case k < 28:
		s.arrive(ctx, x, x.arrival(false))
	case k < 34:
		s.arrive(ctx, x, x.arrival(true))
	case k < 37:
		s.moderateOne(ctx, x, a)
	default:
		q := x.report()
		if q.meaning["sub10"] != "" {
			s.arrive(ctx, x, q)
			return
		}
		s.post(ctx, x, q, a)
	}
}

func (s *stage) domain(q *request) string { return s.current().network(q.network).Domain }

// deliver sends until there is an answer that counts; 503 says to repeat.
func (s *stage) deliver(ctx context.Context, x *sender, q *request) answer {
	deadline := time.Now().Add(3 * time.Minute)
	for time.Now().Before(deadline) {
		res, err := q.send(ctx, s.i.Ports.Trackers[x.IntN(2)].Public, s.domain(q))
		if err == nil && res.status != http.StatusServiceUnavailable {
			return res
		}
		time.Sleep(time.Duration(20+x.IntN(100)) * time.Millisecond) // this is how a caller repeats
	}
	s.t.Errorf("no answer to %s %v within three minutes", q.path, q.params)
	return answer{}
}

// arrive returns the id that was given out.
func (s *stage) arrive(ctx context.Context, x *sender, q *request) string {
	res := s.deliver(ctx, x, q)
	if res.id == "" {
		return "" // not served, which other tests look at
	}
	impression := strings.HasPrefix(q.path, "/i") || q.path == "/aff_i"
	n := s.current().network(q.network)
	o := find(n.Offers, func(o *offer) bool { return o.ID == q.meaning["offer"] })
	p := find(n.Partners, func(p *partner) bool { return p.ID == q.meaning["partner"] })
	s.addVisit(&visit{ID: res.id, Network: n.Name, Offer: o.Name, Partner: p.Name, Impression: impression, Seconds: secondsOf(res.id)})
	return res.id
}

// post sends a postback and keeps what was said.
func (s *stage) post(ctx context.Context, x *sender, q *request, a *answers) {
	res := s.deliver(ctx, x, q)
	verdict, conversion := s.heard(q, res)
	a.mu.Lock()
	a.verdicts[q.serial] = append(a.verdicts[q.serial], verdict)
	a.mu.Unlock()
	if conversion != "" {
		s.mu.Lock()
		s.conversions = append(s.conversions, conversion)
		s.mu.Unlock()
	}
}

// heard reads an answer in its dialect: a verdict, or success, or a reason alone.
func (s *stage) heard(q *request, res answer) (verdict, conversion string) {
	switch {
	case q.path == "/postback":
		var j struct{ Verdict, Reason, Conversion string }
		if err := json.Unmarshal(res.body, &j); err != nil {
			s.t.Errorf("answer %q to %v", res.body, q.params)
		}
		return strings.TrimSpace(j.Verdict + " " + j.Reason), j.Conversion
	case q.path == "/aff_lsr", q.path == "/aff_goal":
		reason := strings.TrimSuffix(strings.TrimPrefix(string(res.body), "success=false; err_msg="), ";")
		if reason == "success=true" {
			return "success", ""
		}
		return "failure " + reason, ""
	case res.reason != "":
		return "failure " + res.reason, ""
	}
	return "success", ""
}

func (s *stage) moderateOne(ctx context.Context, x *sender, a *answers) {
	s.mu.Lock()
	id := ""
	if len(s.conversions) > 0 {
		id = s.conversions[max(0, len(s.conversions)-1-x.IntN(100))]
	}
	s.mu.Unlock()
	if id == "" {
		return
	}
	l := s.i.Ledgers[x.IntN(len(s.i.Ledgers))]
	what := x.one("approve", "approve", "reject", "reject", "release")
	status, err := s.decide(ctx, l.Admin, id, what, x.one("", "fraud", "seen"))
	if err == nil && status == http.StatusOK {
		a.mu.Lock()
		a.decided = append(a.decided, decision{id, what})
		a.mu.Unlock()
	}
}

// sorted are the keys of a map in order.
func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
