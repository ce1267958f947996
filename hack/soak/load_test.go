package soak

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
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

// load sends n requests, and kills and edits meanwhile.
func (s *stage) load(seed uint64, n int, kills, edits bool) *answers {
	a := &answers{verdicts: map[int][]string{}, ids: map[int]string{}}
	ctx, stop := context.WithCancel(s.t.Context())
	var sent atomic.Int64
	var disturbers, all sync.WaitGroup
	if kills {
		disturbers.Go(func() { s.disturb(ctx, rand.New(rand.NewPCG(seed, 2)), everything...) })
	}
	if edits {
		disturbers.Go(func() { s.edit(ctx, rand.New(rand.NewPCG(seed, 3)), &sent, n) })
	}
	for k := range senders {
		all.Go(func() {
			x := &sender{s.traffic, rand.New(rand.NewPCG(seed, 100+uint64(k)))}
			for sent.Add(1) <= int64(n) {
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
	what := x.one("approve", "reject")
	status, err := s.decide(ctx, l.Admin, id, what, x.one("", "fraud", "seen"))
	if err == nil && status == http.StatusOK {
		a.mu.Lock()
		a.decided = append(a.decided, decision{id, what})
		a.mu.Unlock()
	}
}

// everything is what can be killed.
var everything = []string{"tracker-1", "postgres", "ledger-sqlite", "nats", "ledger-postgres-1", "tracker-2", "ledger-postgres-2", "operator"}

// disturb kills a process and starts it again, and again another, until ctx ends.
func (s *stage) disturb(ctx context.Context, r *rand.Rand, victims ...string) {
	killed := map[string]int{}
	for {
		name := victims[r.IntN(len(victims))]
		if len(killed) < len(victims) {
			name = victims[len(killed)] // each once, then any
		}
		if name == "operator" && s.awaited.Load() {
			name = "nats" // one that dies every few seconds publishes nothing on a busy machine
		}
		var err error
		if name == "postgres" {
			err = s.postgres.Restart()
		} else {
			err = s.processes.Restart(name)
		}
		if err != nil {
			s.t.Errorf("restarting %s: %v", name, err)
			return
		}
		killed[name]++
		select {
		case <-time.After(time.Duration(200+r.IntN(1500)) * time.Millisecond):
		case <-ctx.Done():
			total := 0
			for _, n := range killed {
				total += n
			}
			s.t.Logf("killed %d times: %v", total, killed)
			return
		}
	}
}

// edit changes the configuration a few times while traffic goes on: one object at
// a time, so that every snapshot that is ever served is a known one.
func (s *stage) edit(ctx context.Context, r *rand.Rand, sent *atomic.Int64, n int) {
	const times = 6
	for k := 1; k <= times; k++ {
		for sent.Load() < int64(n*k/(times+1)) {
			select {
			case <-time.After(20 * time.Millisecond):
			case <-ctx.Done():
				return
			}
		}
		next := s.current().clone()
		net := next.Networks[r.IntN(2)] // the plain one stays plain
		kind, name, changed, what := edits[k%len(edits)](net, r)
		s.apply(changed(s.partners.URL))
		s.awaited.Store(true)
		s.await(net, kind, name)
		s.awaited.Store(false)
		digest := s.digest()
		s.mu.Lock()
		if s.versions[digest] != nil {
			s.t.Errorf("%s changed nothing", what)
		}
		s.versions[digest], s.world = next, next
		s.mu.Unlock()
		s.t.Logf("after %d requests: %s", sent.Load(), what)
	}
}

type edited = func(partnerURL string) object

// edits are changes of one object. What they return writes it down again.
var edits = []func(n *network, r *rand.Rand) (kind, name string, changed edited, what string){
	func(n *network, r *rand.Rand) (string, string, edited, string) {
		p := n.Partners[r.IntN(len(n.Partners))]
		p.State = map[string]string{"Active": "Blocked"}[p.State]
		if p.State == "" {
			p.State = "Active"
		}
		return "partner", p.Name, func(u string) object { return p.manifest(n, u) }, fmt.Sprintf("%s of %s is %s", p.Name, n.Name, p.State)
	},
	func(n *network, r *rand.Rand) (string, string, edited, string) {
		o := n.Offers[r.IntN(len(n.Offers))]
		o.HoldHours, o.MinSeconds = (o.HoldHours+1)%3, (o.MinSeconds+1)%3
		return "offer", o.Name, func(string) object { return o.manifest(n) }, fmt.Sprintf("%s of %s holds for %d hours", o.Name, n.Name, o.HoldHours)
	},
	func(n *network, r *rand.Rand) (string, string, edited, string) {
		o := n.Offers[r.IntN(len(n.Offers))]
		g := o.Goals[0]
		g.Multiple, g.Manual, g.Payout.Flat = !g.Multiple, !g.Manual, ptr(int64(1_234_567))
		g.Payout.Percent, g.Payout.Tiers, g.Private = nil, nil, false
		return "offer", o.Name, func(string) object { return o.manifest(n) }, fmt.Sprintf("the default goal of %s of %s counts many: %v", o.Name, n.Name, g.Multiple)
	},
	func(n *network, r *rand.Rand) (string, string, edited, string) {
		o := n.Offers[r.IntN(len(n.Offers))]
		o.Caps = append(slices.Clone(o.Caps), limit{Name: "late", Metric: "Conversions", Window: "Lifetime", Max: 150})
		return "offer", o.Name, func(string) object { return o.manifest(n) }, fmt.Sprintf("%s of %s has a cap", o.Name, n.Name)
	},
}

// sorted are the keys of a map in order.
func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
