package soak

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// The configuration, in words of the model's own. Names refer to each other, so a
// copy through JSON is a version that later edits leave alone.
type (
	world struct{ Networks []*network }

	network struct {
		Name, Domain, Currency, Zone string
		GoalsOff, ApprovalOff        bool
		Sealed                       bool // encryptedTracking: Required
		Keys                         []string
		Advertisers                  []*advertiser
		Partners                     []*partner
		Offers                       []*offer
		Structures                   []*structure
	}

	advertiser struct {
		Name, State   string
		Keys, Sources []string
		Blocked       []string
	}

	partner struct {
		Name, ID, State, Tier string
		Blocked               []string
		Outgoing              []outgoing
		Overrides             []override
	}

	outgoing struct {
		Name, Offer, Goal string
		On                []string
	}

	override struct {
		Name, Offer, Goal string
		Payout            terms
		Revenue           *terms
		From, Until       int64 // seconds since 1970; 0 is open
	}

	offer struct {
		Name, ID, Advertiser, State, Currency string
		Approved, Blocked                     []string // Approved: nil is Public
		GoalsOff, ViewThrough, Impressions    bool
		Lookback, ImpLookback                 int64 // hours
		MinSeconds, HoldHours                 int64
		CPC, CPCRevenue, CPM, CPMRevenue      int64
		Keys                                  []string
		Goals                                 []*goal // the first is the default goal
		Caps                                  []limit
	}

	goal struct {
		Object, Value, Slug, Ref, State string
		Aliases                         []string
		Private, AsClick                bool
		Multiple, EndPoint, Manual      bool
		Protocol, Sealed                string
		Payout, Revenue                 side
	}

	// terms are amounts in millionths and percents in hundred-thousandths; nil is not given.
	terms struct{ Flat, Percent *int64 }

	side struct {
		terms
		Tiers     []tier
		Structure string
	}

	tier struct {
		Name string
		terms
	}

	structure struct {
		Name  string
		Rules []rule
	}

	rule struct {
		Name            string
		When            []condition
		Partners        []string
		Payout, Revenue *terms
	}

	condition struct {
		Field, Operator string
		Values          []string
	}

	limit struct {
		Name, Metric, Window, Goal string
		Max                        int64 // a count, or millionths
		PerPartner                 bool
		Partners                   []string
	}
)

// clone returns a version of its own.
func (w *world) clone() *world {
	data, err := json.Marshal(w)
	if err != nil {
		panic(err)
	}
	n := new(world)
	if err := json.Unmarshal(data, n); err != nil {
		panic(err)
	}
	return n
}

// maker draws a configuration.
type maker struct {
	*rand.Rand
	scale int64 // of caps: how many events there will be
}

func (m maker) one(list ...string) string { return list[m.IntN(len(list))] }
func (m maker) chance(percent int) bool   { return m.IntN(100) < percent }

func newWorld(r *rand.Rand, events int) *world {
	m := maker{r, int64(events)}
	return &world{Networks: []*network{
		m.network("net-a", "go.a.example", "USD", "Europe/Berlin", 6, 6),
		m.network("net-b", "go.b.example", "EUR", "America/New_York", 3, 4),
		plainNetwork(),
	}}
}

// plainNetwork has one offer without surprises, for the sessions that many callers
// meet on: orders count each once, "done" closes the session.
func plainNetwork() *network {
	pays := side{terms: terms{Flat: ptr(int64(1_000_000))}}
	plain := func(object, value string) *goal {
		return &goal{Object: object, Value: value, Slug: "slug-" + value, Ref: "ref-" + value, State: "Active", Protocol: "Server", Payout: pays, Revenue: pays}
	}
	order, done := plain("plain-order", "order"), plain("plain-done", "done")
	order.Multiple, done.EndPoint = true, true
	return &network{
		Name: "net-plain", Domain: "go.plain.example", Currency: "USD", Zone: "UTC",
		Advertisers: []*advertiser{{Name: "acme", State: "Active"}}, Partners: []*partner{{Name: "partner0", ID: "200", State: "Active"}},
		Offers: []*offer{{Name: "offer0", ID: "100", Advertiser: "acme", State: "Active", Lookback: 720, ImpLookback: 24, Goals: []*goal{plain("plain", "1"), order, done}}},
	}
}

func (m maker) network(name, domain, currency, zone string, offers, partners int) *network {
	n := &network{Name: name, Domain: domain, Currency: currency, Zone: zone, Sealed: m.chance(20), ApprovalOff: m.chance(15)}
	if m.chance(25) {
		n.Keys = []string{name + "-key-old", name + "-key-new"}
	}
	n.Advertisers = []*advertiser{
		{Name: "acme", State: "Active"},
		{Name: "volt", State: "Active", Keys: []string{"volt-key"}},
		{Name: "near", State: "Active", Sources: []string{"203.0.113.0/25", "2001:db8::/32"}},
	}
	for i := range offers {
		n.Offers = append(n.Offers, m.offer(n, i))
	}
	n.Offers[0].capToTheCent()
	for i := range 2 {
		n.Structures = append(n.Structures, m.structure(i, partners))
	}
	for i := range partners {
		n.Partners = append(n.Partners, m.partner(n, i))
	}
	return n
}

func partnerName(i int) string { return fmt.Sprintf("partner%d", i) }

func (m maker) offer(n *network, i int) *offer {
	o := &offer{
		Name: fmt.Sprintf("offer%d", i), ID: fmt.Sprintf("1%02d", i), Advertiser: n.Advertisers[m.IntN(3)].Name, State: "Active",
		Currency: m.one("", "", "GBP"), ViewThrough: m.chance(60), Impressions: m.chance(70), GoalsOff: i > 1 && m.chance(12),
		Lookback: []int64{720, 720, 1, 2}[m.IntN(4)], ImpLookback: []int64{24, 1}[m.IntN(2)],
		MinSeconds: []int64{0, 0, 0, 1, 2}[m.IntN(5)], HoldHours: []int64{0, 0, 0, 1, 2}[m.IntN(5)],
		CPC: m.Int64N(80_000), CPCRevenue: m.Int64N(120_000), CPM: m.Int64N(2_000_000), CPMRevenue: m.Int64N(3_000_000),
	}
	if m.chance(15) {
		o.Keys = []string{o.Name + "-key"}
	}
	if m.chance(15) {
		o.Approved = []string{partnerName(0), partnerName(1), partnerName(2)}
	}
	if m.chance(20) {
		o.Blocked = []string{partnerName(m.IntN(4))}
	}
	values := []string{"1", "2", "Up-Sell", "sign_up", "9"}
	for k := range 3 + m.IntN(3) {
		o.Goals = append(o.Goals, m.goal(n, o, i, k, values[k]))
	}
	for k := range m.IntN(4) {
		o.Caps = append(o.Caps, m.limit(o, k))
	}
	return o
}

// capToTheCent gives the default goal a cap that is used up exactly.
func (o *offer) capToTheCent() {
	g := o.Goals[0]
	g.Revenue, g.AsClick, g.Multiple = side{terms: terms{Flat: ptr(int64(2_000_000))}}, false, true
	o.Caps = append(o.Caps, limit{Name: "exact", Metric: "Revenue", Window: "Lifetime", Goal: g.Value, Max: 10_000_000, PerPartner: true})
}

func (m maker) goal(n *network, o *offer, i, k int, value string) *goal {
	g := &goal{
		Object: fmt.Sprintf("offer%d-goal%d", i, k), Value: value, Slug: "slug-" + strings.ToLower(value), Ref: fmt.Sprintf("SKU-%d", k), State: "Active",
		Private: m.chance(10), AsClick: m.chance(8), Multiple: m.chance(45), EndPoint: k > 0 && m.chance(25), Manual: m.chance(20), Protocol: "Server",
	}
	if m.chance(25) {
		g.Protocol = m.one("Image", "ImageSSL", "IFrame", "IFrameSSL", "ServerPartner", "ServerPartner")
	}
	if k > 0 {
		g.Aliases = []string{g.Slug + "-before"}
		if m.chance(6) {
			g.State = "Deleted"
		}
	}
	if m.chance(15) {
		g.Sealed = m.one("Required", "Optional")
	}
	if !g.Private {
		g.Payout = m.side()
	}
	g.Revenue = m.side()
	return g
}

func ptr[T any](v T) *T { return &v }

func (m maker) terms() terms {
	flat, percent := ptr(m.Int64N(9_000_000)), ptr(m.Int64N(6_000_000))
	switch m.IntN(3) {
	case 0:
		return terms{Flat: flat}
	case 1:
		return terms{Percent: percent}
	}
	return terms{Flat: flat, Percent: percent}
}

func (m maker) side() side {
	if m.chance(25) {
		return side{terms: terms{Flat: ptr(1_000_000 * (1 + m.Int64N(2)))}} // a cap on these is met to the cent
	}
	s := side{terms: m.terms()}
	switch {
	case m.chance(25):
		s.Structure = fmt.Sprintf("structure%d", m.IntN(2))
	case m.chance(35):
		for _, name := range []string{"gold", "silver"} {
			t := tier{Name: name}
			if s.Flat != nil && m.chance(80) {
				t.Flat = ptr(m.Int64N(9_000_000))
			}
			if s.Percent != nil && m.chance(80) {
				t.Percent = ptr(m.Int64N(6_000_000))
			}
			s.Tiers = append(s.Tiers, t)
		}
	}
	if s.Percent != nil && m.chance(4) {
		s.Percent = ptr(int64(100_000_000)) // 1000 %: with the largest amount it is too much
	}
	return s
}

func (m maker) structure(i, partners int) *structure {
	s := &structure{Name: fmt.Sprintf("structure%d", i)}
	for k := range 2 + m.IntN(4) {
		r := rule{Name: fmt.Sprintf("rule%d", k)}
		for range m.IntN(3) {
			r.When = append(r.When, m.condition())
		}
		if m.chance(30) {
			r.Partners = []string{partnerName(m.IntN(partners-1) + 1), partnerName(0)}
		}
		if m.chance(85) {
			r.Payout = ptr(m.terms())
		}
		if r.Payout == nil || m.chance(60) {
			r.Revenue = ptr(m.terms())
		}
		s.Rules = append(s.Rules, r)
	}
	return s
}

func (m maker) condition() condition {
	switch m.IntN(7) {
	case 0:
		return condition{"amount", m.one("GreaterOrEqual", "Greater"), []string{m.one("50", "100.00", "0.5")}}
	case 1:
		return condition{"amount", m.one("Less", "LessOrEqual"), []string{m.one("50", "100.00", "20")}}
	case 2:
		return condition{"amount", "Between", []string{"10", "100.00"}}
	case 3:
		return condition{"sub2", "In", []string{"vip", "push"}}
	case 4:
		return condition{m.one("promo_code", "adv_sub1"), m.one("StartsWith", "Contains"), []string{"AU", "RN"}}
	case 5:
		return condition{"device", "Equals", []string{m.one("desktop", "mobile")}}
	}
	return condition{"source", "Equals", []string{m.one("mail", "social")}}
}

func (m maker) limit(o *offer, k int) limit {
	c := limit{Name: fmt.Sprintf("cap%d", k), Metric: m.one("Conversions", "Conversions", "Payout", "Revenue"),
		Window: m.one("Hour", "Day", "Month", "Lifetime"), PerPartner: m.chance(40)}
	c.Max = m.scale/500 + m.Int64N(m.scale/50+1)
	if c.Metric != "Conversions" {
		c.Max *= []int64{2_000_000, 5_000_000}[m.IntN(2)]
	}
	if m.chance(40) {
		c.Goal = o.Goals[m.IntN(len(o.Goals))].Value
	}
	if m.chance(25) {
		c.Partners = []string{partnerName(0), partnerName(2), partnerName(3)}
	}
	return c
}

func (m maker) partner(n *network, i int) *partner {
	p := &partner{Name: partnerName(i), ID: fmt.Sprintf("2%02d", i), State: "Active", Tier: m.one("", "gold", "silver", "iron")}
	if m.chance(15) {
		p.Blocked = []string{n.Offers[m.IntN(len(n.Offers))].Name}
	}
	if i < 3 {
		p.Outgoing = append(p.Outgoing,
			outgoing{Name: "all", On: []string{"Approved", "Pending", "Hold", "Rejected"}},
			outgoing{Name: "own", Offer: n.Offers[m.IntN(len(n.Offers))].Name, Goal: m.one("", "2"), On: []string{m.one("Approved", "Rejected"), "Pending"}})
	}
	for k := range m.IntN(6) {
		if x, ok := m.override(n, k); ok {
			p.Overrides = append(p.Overrides, x)
		}
	}
	return p
}

func (m maker) override(n *network, k int) (override, bool) {
	o := n.Offers[m.IntN(len(n.Offers))]
	g := o.Goals[m.IntN(len(o.Goals))]
	if g.Private || g.State == "Deleted" || o.GoalsOff {
		return override{}, false
	}
	x := override{Name: fmt.Sprintf("x%d", k), Offer: o.Name, Goal: g.Value, Payout: m.terms()}
	if m.chance(50) {
		x.Revenue = ptr(m.terms())
	}
	x.From = []int64{0, 1_600_000_000, 1_700_000_000, 4_000_000_000}[m.IntN(4)]
	if m.chance(30) {
		x.Until = []int64{1_750_000_000, 4_100_000_000}[m.IntN(2)]
	}
	if x.Until != 0 && x.Until <= x.From {
		x.Until = 0
	}
	return x, true
}

func find[T any](list []*T, is func(*T) bool) *T {
	if i := slices.IndexFunc(list, is); i >= 0 {
		return list[i]
	}
	return nil
}

func (w *world) network(name string) *network {
	return find(w.Networks, func(n *network) bool { return n.Name == name })
}
func (n *network) offer(name string) *offer {
	return find(n.Offers, func(o *offer) bool { return o.Name == name })
}
func (n *network) partner(name string) *partner {
	return find(n.Partners, func(p *partner) bool { return p.Name == name })
}
func (n *network) advertiser(name string) *advertiser {
	return find(n.Advertisers, func(a *advertiser) bool { return a.Name == name })
}
func (o *offer) currency(n *network) string {
	if o.Currency != "" {
		return o.Currency
	}
	return n.Currency
}
