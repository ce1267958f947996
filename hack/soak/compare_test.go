package soak

import (
	"fmt"
	"math/big"
	"net/url"
	"slices"
	"strings"
	"time"
)

// conversion is what the API says of one.
type conversion struct {
	ID, Status, Reason, Network, Offer, Partner, Goal string
	ClickID, AimpID, OrderID, Currency                string
	Amount                                            *string
	Payout, Revenue                                   string
	Private, ClickDataMissing                         bool
	Time                                              time.Time
	HoldUntil                                         *time.Time
	History                                           []struct{ From, To string }
}

func (c *conversion) row() string {
	var steps []string
	for _, h := range c.History {
		steps = append(steps, h.To)
	}
	hold, amount := int64(0), "-"
	if c.HoldUntil != nil {
		hold = c.HoldUntil.UnixMicro()
	}
	if c.Amount != nil {
		amount = *c.Amount
	}
	return fmt.Sprintf("%s at=%d %s/%s/%s goal=%q click=%s aimp=%s order=%q %s %s payout=%s revenue=%s amount=%s %s hold=%d private=%v missing=%v %s",
		c.ID, c.Time.UnixMicro(), c.Network, c.Offer, c.Partner, c.Goal, c.ClickID, c.AimpID, c.OrderID, c.Status, c.Reason,
		c.Payout, c.Revenue, amount, c.Currency, hold, c.Private, c.ClickDataMissing, strings.Join(steps, ">"))
}

func (s *sale) line() string {
	goal, private := "", false
	if s.goal != nil {
		goal, private = s.goal.Value, s.goal.Private
	}
	amount := "-"
	if s.amount != nil {
		amount = cents(*s.amount)
	}
	click := s.session
	if !s.byClick {
		click = ""
	}
	return fmt.Sprintf("%s at=%d %s/%s/%s goal=%q click=%s aimp=%s order=%q %s %s payout=%s revenue=%s amount=%s %s hold=%d private=%v missing=%v %s",
		s.id, s.at, s.network.Name, s.offer.Name, s.partner.Name, goal, click, s.meaning["aimp_id"], s.order, s.status, s.reason,
		cents(s.payout), cents(s.revenue), amount, s.offer.currency(s.network), s.until, private, s.session != "" && s.row == nil, strings.Join(s.history, ">"))
}

// cents writes millionths with two to six decimals.
func cents(v int64) string {
	sign := ""
	if v < 0 {
		sign, v = "-", -v
	}
	text := decimal(v, 6)
	whole, rest, _ := strings.Cut(text, ".")
	for len(rest) < 2 {
		rest += "0"
	}
	return sign + whole + "." + rest
}

// list reads all pages of a list of the API.
func list[T any](s *stage, admin, what, filter string) []T {
	s.t.Helper()
	var all []T
	cursor := ""
	for {
		var page struct {
			Items []T
			Next  string
		}
		s.must(get("http://"+admin+"/api/v1/"+what+"?limit=1000&"+filter+"&cursor="+url.QueryEscape(cursor), &page))
		all = append(all, page.Items...)
		if cursor = page.Next; cursor == "" {
			return all
		}
	}
}

// same compares lists of lines, in any order.
func (s *stage) same(what string, got, want []string) {
	s.t.Helper()
	slices.Sort(got)
	slices.Sort(want)
	if slices.Equal(got, want) {
		s.t.Logf("%s: %d, all as the model says", what, len(got))
		return
	}
	s.t.Errorf("%s: %d, the model has %d", what, len(got), len(want))
	for _, x := range only(got, want) {
		s.t.Errorf("%s: ledger %s", what, x)
	}
	for _, x := range only(want, got) {
		s.t.Errorf("%s: model  %s", what, x)
	}
}

// only returns the first few of a that are not in b.
func only(a, b []string) (out []string) {
	in := make(map[string]int, len(b))
	for _, x := range b {
		in[x]++
	}
	for _, x := range a {
		if in[x]--; in[x] < 0 && len(out) < 8 {
			out = append(out, x)
		}
	}
	return out
}

// compareLedger holds what a ledger says to the model.
func (s *stage) compareLedger(m *model, name, admin string) {
	s.t.Helper()
	var got, want []string
	for _, c := range list[conversion](s, admin, "conversions", "") {
		got = append(got, c.row())
	}
	for _, x := range m.sales {
		want = append(want, x.line())
	}
	s.same(name+": conversions", got, want)
	s.comparePostbacks(m, name, admin)
	s.compareReport(m, name, admin)
}

func (s *stage) comparePostbacks(m *model, name, admin string) {
	type line struct {
		Time                                    time.Time
		Verdict, Reason, GoalRaw, Goal, ClickID string
	}
	var got, want []string
	for _, x := range list[line](s, admin, "postbacks", "") {
		got = append(got, fmt.Sprintf("%d %s raw=%q goal=%q", x.Time.UnixMicro(), strings.TrimSpace(x.Verdict+" "+x.Reason), x.GoalRaw, x.Goal))
	}
	for _, x := range m.verdicts {
		raw, goal := "", ""
		for _, k := range []string{"goal_ref", "goal_name", "goal", "goal_id"} {
			if v := x.meaning[k]; v != "" {
				raw = v
			}
		}
		if x.goal != nil {
			goal = x.goal.Value
		}
		want = append(want, fmt.Sprintf("%d %s raw=%q goal=%q", x.at, x.verdict, raw, goal))
	}
	s.same(name+": postbacks", got, want)
}

// sums are what a row of a report adds up.
type sums struct {
	clicks, impressions, conversions, pending, hold, rejected int
	payout, revenue                                           *big.Rat
}

func (a *sums) add(payout, revenue int64, of int64) {
	a.payout.Add(a.payout, big.NewRat(payout, of))
	a.revenue.Add(a.revenue, big.NewRat(revenue, of))
}

func (s *stage) compareReport(m *model, name, admin string) {
	type line struct {
		Network, Offer, Partner, Goal, Currency, Payout, Revenue  string
		Clicks, Impressions, Conversions, Pending, Hold, Rejected int
	}
	var want []string
	rows := m.report()
	for _, k := range sorted(rows) {
		a := rows[k]
		payout, _ := halfEven(a.payout)
		revenue, _ := halfEven(a.revenue)
		want = append(want, fmt.Sprintf("%s clicks=%d impressions=%d %d/%d/%d/%d payout=%s revenue=%s", k, a.clicks, a.impressions, a.conversions, a.pending, a.hold, a.rejected, cents(payout), cents(revenue)))
	}
	var report struct{ Rows []line }
	var got []string
	s.must(get("http://"+admin+"/api/v1/reports?group=network,offer,partner,goal", &report))
	for _, x := range report.Rows {
		if x.Clicks+x.Impressions+x.Conversions+x.Pending+x.Hold+x.Rejected == 0 {
			continue // only goals that are recorded as clicks
		}
		got = append(got, fmt.Sprintf("%s/%s/%s/%s %s clicks=%d impressions=%d %d/%d/%d/%d payout=%s revenue=%s", x.Network, x.Offer, x.Partner, x.Goal, x.Currency,
			x.Clicks, x.Impressions, x.Conversions, x.Pending, x.Hold, x.Rejected, x.Payout, x.Revenue))
	}
	s.same(name+": rows of the report", got, want)
}

// report adds up what the model holds, by offer, partner, goal and currency.
func (m *model) report() map[string]*sums {
	rows := map[string]*sums{}
	at := func(o *offer, n *network, p *partner, goal string) *sums {
		k := fmt.Sprintf("%s/%s/%s/%s %s", n.Name, o.Name, p.Name, goal, o.currency(n))
		if rows[k] == nil {
			rows[k] = &sums{payout: new(big.Rat), revenue: new(big.Rat)}
		}
		return rows[k]
	}
	for _, r := range m.rows {
		n := r.world.network(r.network)
		o := find(n.Offers, func(o *offer) bool { return o.ID == r.meaning["offer"] })
		p := find(n.Partners, func(p *partner) bool { return p.ID == r.meaning["partner"] })
		a := at(o, n, p, "")
		if r.impression {
			a.impressions++
			a.add(o.CPM, o.CPMRevenue, 1000)
			continue
		}
		a.clicks++
		a.add(o.CPC, o.CPCRevenue, 1)
	}
	for _, x := range m.sales {
		goal := ""
		if x.goal != nil {
			goal = x.goal.Value
		}
		a := at(x.offer, x.facts.network, x.partner, goal)
		switch x.status {
		case "approved":
			a.conversions++
			a.add(x.payout, x.revenue, 1)
		case "pending":
			a.pending++
		case "hold":
			a.hold++
		default:
			a.rejected++
		}
	}
	return rows
}

// compareAnswers: what callers were told is what the log says, and what they were
// told is in the journal.
func (s *stage) compareAnswers(m *model, a *answers) {
	s.t.Helper()
	logged := map[int][]string{}
	for _, x := range m.verdicts {
		logged[x.serial] = append(logged[x.serial], x.verdict)
	}
	told, wrong := 0, 0
	for serial, list := range a.verdicts {
		if len(logged[serial]) < len(list) {
			s.t.Errorf("request %d was answered %d times and is in the journal %d times", serial, len(list), len(logged[serial]))
		}
		for _, v := range list {
			told++
			if !slices.ContainsFunc(logged[serial], func(l string) bool { return agrees(v, l) }) {
				if wrong++; wrong < 8 {
					s.t.Errorf("request %d %s %v was told %q, the log says %q", serial, m.requests[serial].path, m.requests[serial].params, v, logged[serial])
				}
			}
		}
	}
	for _, d := range a.decided {
		if sale := m.byID[d.id]; sale == nil || !sale.shows(d) {
			s.t.Errorf("%+v was confirmed, and the model has %+v", d, sale)
		}
	}
	s.t.Logf("%d answers, %d of them wrong; %d decisions", told, wrong, len(a.decided))
}

// shows reports whether a decision that was confirmed can be seen: a decision for
// what is so already changes nothing, and one that a cap forbids is in the history.
func (s *sale) shows(d decision) bool {
	if d.what == "reject" {
		return slices.Contains(s.history, "rejected")
	}
	return slices.Contains(s.history, "approved") || slices.Contains(s.history, "hold")
}

// agrees reports whether an answer goes with a verdict.
func agrees(told, logged string) bool {
	verdict, reason, _ := strings.Cut(logged, " ")
	counted := verdict == "approved" || verdict == "pending" || verdict == "hold"
	switch {
	case told == "queued":
		return true // it will be judged
	case told == "success":
		return true // it counted, or was not judged in time, which is no failure either
	case strings.HasPrefix(told, "failure "):
		// A pixel names why a conversion is pending, too.
		return (!counted || verdict == "pending") && reason == strings.TrimPrefix(told, "failure ")
	}
	return told == logged
}
