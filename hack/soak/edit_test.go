package soak

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync/atomic"
)

// changes are how often the configuration is edited in a storm.
const changes = 9

// editPlan spreads the edits over n requests. Requests go on while an edit is on its
// way, but not past the next one: each has traffic before, while and after it spreads.
type editPlan struct {
	n, sent atomic.Int64
	due     [changes + 1]chan struct{} // closed when so many parts have been sent
	served  [changes + 1]chan struct{} // closed when that edit is served
}

func newEditPlan(n int) *editPlan {
	p := &editPlan{}
	p.n.Store(int64(n))
	for k := range p.due {
		p.due[k], p.served[k] = make(chan struct{}), make(chan struct{})
	}
	return p
}

// next waits for the turn of another request; false when all have been sent.
func (p *editPlan) next() bool {
	n, k := p.n.Load(), p.sent.Add(1)
	part := func(k int64) int64 { return k * (changes + 1) / n }
	if now := part(k); now > part(k-1) && now <= changes {
		close(p.due[now])
	}
	if before := part(k) - 1; before > 0 && before <= changes {
		<-p.served[before]
	}
	return k <= n
}

// over lets the remaining requests go.
func (p *editPlan) over() {
	for k := range p.served {
		select {
		case <-p.served[k]:
		default:
			close(p.served[k])
		}
	}
}

// edit changes the configuration a few times while traffic goes on: one object at
// a time, so that every snapshot that is ever served is a known one.
func (s *stage) edit(ctx context.Context, r *rand.Rand, plan *editPlan) {
	defer plan.over()
	whose := make([]int, len(edits)) // what one edit switches off the next of its kind switches on
	for kind := range whose {
		whose[kind] = r.IntN(2) // the plain network stays plain
	}
	for k := 1; k <= changes; k++ {
		select {
		case <-plan.due[k]:
		case <-ctx.Done():
			return
		}
		next := s.current().clone()
		net := next.Networks[whose[k%len(edits)]]
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
		s.t.Logf("after %d requests: %s", plan.sent.Load(), what)
		close(plan.served[k])
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
		o.Caps = append(slices.Clone(o.Caps), limit{Name: fmt.Sprint("late", len(o.Caps)), Metric: "Conversions", Window: "Lifetime", Max: 150})
		return "offer", o.Name, func(string) object { return o.manifest(n) }, fmt.Sprintf("%s of %s has a cap", o.Name, n.Name)
	},
	func(n *network, _ *rand.Rand) (string, string, edited, string) {
		n.GoalsOff = !n.GoalsOff
		return "network", n.Name, func(string) object { return n.manifest() }, fmt.Sprintf("additional goals of %s are off: %v", n.Name, n.GoalsOff)
	},
}
