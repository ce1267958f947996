package soak

import (
	"slices"
	"strings"
)

// sale is a conversion: the facts of the postback that made it, and what became of it.
type sale struct {
	*facts
	row             *row
	status, said    string
	reason          string
	until           int64
	payout, revenue int64
	amount          *int64
	frees           bool    // its key is free
	advertisers     bool    // an advertiser's postback rejected it last
	keyless         bool    // it was counted when it came, without an order id, and not released since
	decided         *string // a moderator's words, nil where an advertiser gave it its status
	history         []string
	windows         map[string]string // of caps, as text
}

func (s *sale) move(to, reason string) {
	s.status, s.reason = to, ""
	if to == "rejected" || reason == "order_id_missing" {
		s.reason = reason
	}
	s.history = append(s.history, to)
}

func key(parts ...string) string { return strings.Join(parts, "\x00") }

func (f *facts) orderKey() string { return key(f.network.Name, f.offer.Name, f.goal.Value, f.order) }
func (f *facts) seat() string     { return key(f.network.Name, f.session, f.goal.Value) }
func (f *facts) sameKey() string {
	return key(f.network.Name, f.offer.Name, f.partner.Name, f.goal.Value, f.session, f.identical())
}

func (m *model) verdict(f *facts) string {
	switch f.reason {
	case "":
	case "unknown_goal":
		s := m.newSale(f)
		s.frees = true
		return m.record(s, "rejected", "unknown_goal")
	default:
		return "refused " + f.reason
	}
	s := m.newSale(f)
	amount := f.amount
	if f.otherCurrency() {
		amount = nil
	}
	if !s.price(amount) {
		return "refused bad_amount"
	}
	if f.test {
		return m.fresh(s)
	}
	if f.via == "click" || f.goal.AsClick {
		return m.goalClick(s)
	}
	taken := func(o *sale) bool { return !o.frees }
	if f.order != "" {
		if i := slices.IndexFunc(m.byOrder[f.orderKey()], taken); i >= 0 {
			return m.later(f, m.byOrder[f.orderKey()][i])
		}
	}
	if f.session != "" && !f.goal.Multiple {
		list := m.bySeat[f.seat()]
		if i := slices.IndexFunc(list, func(o *sale) bool { return taken(o) && !o.goal.Multiple }); i >= 0 {
			if f.order != "" {
				return "refused duplicate" // another order's
			}
			return m.later(f, list[i])
		}
	}
	if f.order == "" && (f.goal.Multiple || f.session == "") && m.retried(s, "") {
		return "refused duplicate"
	}
	if m.closed[f.session] {
		return "refused session_closed"
	}
	return m.fresh(s)
}

func (m *model) newSale(f *facts) *sale {
	return &sale{facts: f, row: m.rows[f.session], said: f.status, amount: f.amount, windows: map[string]string{}}
}

func (f *facts) otherCurrency() bool {
	return f.currency != "" && !strings.EqualFold(f.currency, f.offer.currency(f.network))
}

// retried: the identical one was counted within ten seconds, whatever key it had
// then. What a moderator decides later makes nobody's retry of it.
func (m *model) retried(s *sale, kind string) bool {
	for _, o := range slices.Backward(m.same[kind+s.sameKey()]) {
		if o.keyless {
			apart := s.at - o.at
			return apart <= 10_000_000 && apart >= -10_000_000
		}
	}
	return false
}

// goalClick is a goal recorded as a click.
func (m *model) goalClick(s *sale) string {
	if m.retried(s, "click ") {
		return "refused duplicate"
	}
	if m.closed[s.session] {
		return "refused session_closed"
	}
	if reason := m.obstacle(s.facts); reason != "" {
		return "rejected " + reason
	}
	m.goalClicks[key(s.network.Name, s.offer.Name, s.partner.Name, s.goal.Value)]++
	s.keyless = true
	m.same["click "+s.sameKey()] = append(m.same["click "+s.sameKey()], s)
	return "approved"
}

func (m *model) obstacle(f *facts) string {
	age := f.at - f.sessionAt*1_000_000
	if r := m.rows[f.session]; r != nil {
		age = f.at - r.at
	}
	switch {
	case slices.Contains([]string{"Blocked", "Rejected", "Deleted"}, f.partner.State):
		return "partner_inactive"
	case slices.Contains([]string{"Pending", "Deleted"}, f.offer.State):
		return "offer_inactive"
	case f.session == "":
	case f.byClick && age < f.offer.MinSeconds*1_000_000:
		return "too_soon"
	case f.byClick && age > f.offer.Lookback*3_600_000_000, !f.byClick && age > f.offer.ImpLookback*3_600_000_000:
		return "too_late"
	}
	return ""
}

func (m *model) fresh(s *sale) string {
	reason := m.obstacle(s.facts)
	if reason == "" && s.otherCurrency() {
		reason = "currency_mismatch"
	}
	s.frees = reason == "too_soon" || reason == "offer_inactive" || reason == "currency_mismatch"
	if reason == "" && s.facts.status == "rejected" {
		reason = "rejected_by_advertiser"
	}
	if reason == "" && !s.test && m.over(s, nil, "") {
		reason, s.frees = "cap_reached", true
	}
	switch {
	case reason != "":
		s.advertisers = reason == "rejected_by_advertiser"
		return m.record(s, "rejected", reason)
	case s.orderless && (s.goal.Multiple || s.session == ""):
		return m.record(s, "pending", "order_id_missing")
	case s.goal.Manual && !s.network.ApprovalOff || s.facts.status == "pending":
		return m.record(s, "pending", "")
	case s.facts.status == "hold":
		return m.record(s, "hold", "")
	case s.offer.HoldHours > 0:
		s.until = s.at + s.offer.HoldHours*3_600_000_000
		return m.record(s, "hold", "")
	}
	return m.record(s, "approved", "")
}

func (m *model) record(s *sale, status, reason string) string {
	s.move(status, reason)
	if !s.test {
		m.sales = append(m.sales, s)
		m.byID[s.id] = s
		name := key(s.network.Name, s.offer.Name)
		m.ofOffer[name] = append(m.ofOffer[name], s)
		if s.goal != nil {
			m.index(s)
			if status != "rejected" && s.goal.EndPoint && s.session != "" {
				m.closed[s.session] = true
			}
		}
		m.fire(s, s.facts)
	}
	return strings.TrimSpace(status + " " + reason)
}

func (m *model) index(s *sale) {
	if s.order != "" {
		m.byOrder[s.orderKey()] = append(m.byOrder[s.orderKey()], s)
	}
	s.keyless = !s.frees && s.order == ""
	if s.session != "" {
		m.bySeat[s.seat()] = append(m.bySeat[s.seat()], s)
	}
	m.same[s.sameKey()] = append(m.same[s.sameKey()], s)
}

// later is a postback of a sale that there is.
func (m *model) later(f *facts, s *sale) string {
	open := s.status == "pending" || s.status == "hold"
	back := f.proven && (s.status == "approved" && f.status == "rejected" || s.status == "rejected" && s.advertisers && f.status == "approved")
	switch {
	case f.status == "":
		return "refused duplicate"
	case !open && !back:
		return "refused status_final"
	case f.keyed && !f.proven:
		return "refused duplicate"
	case f.status == "rejected":
		s.until, s.said, s.advertisers, s.decided = 0, "rejected", true, nil
		s.move("rejected", "rejected_by_advertiser")
		m.fire(s, f)
		return "rejected rejected_by_advertiser"
	}
	n := *s
	n.history = slices.Clone(s.history)
	was, revalued := s.status, false
	if f.amount != nil && !f.otherCurrency() && (s.amount == nil || *s.amount != *f.amount) {
		n.amount, revalued = f.amount, true
		if !n.price(f.amount) {
			return "refused bad_amount"
		}
	}
	if (was == "rejected" || revalued) && m.over(&n, s, s.status) {
		n.until, n.said, n.frees, n.keyless = 0, f.status, true, false
		n.move("rejected", "cap_reached")
		*s = n
		if was != "rejected" {
			s.decided = nil
			m.fire(s, f)
		}
		return "rejected cap_reached"
	}
	if was == "rejected" && s.goal.EndPoint && s.session != "" {
		m.closed[s.session] = true
	}
	to, until := s.status, s.until
	ends := s.at + s.offer.HoldHours*3_600_000_000
	switch {
	case f.status == "hold" && s.until == 0:
		to = "hold"
	case f.status == "approved" && s.until == 0 && s.offer.HoldHours > 0 && ends > f.at:
		to, until = "hold", ends
	case f.status == "approved" && (s.until == 0 || s.said != "approved"):
		to, until = "approved", 0
	}
	if to == was && until == s.until && !revalued {
		return "refused duplicate"
	}
	n.said, n.until = f.status, until
	n.move(to, "")
	*s = n
	if to != was {
		s.decided = nil
		m.fire(s, f)
	}
	return to
}

// over: with s a cap would be exceeded. before is what it was, with its status.
func (m *model) over(s, before *sale, was string) bool {
	for _, c := range s.offer.Caps {
		counts := func(o *sale) bool {
			return (c.Goal == "" || o.goal != nil && strings.EqualFold(o.goal.Value, c.Goal)) && (len(c.Partners) == 0 || slices.Contains(c.Partners, o.partner.Name))
		}
		if !counts(s) {
			continue
		}
		now, total := s.window(c.Window), int64(0)
		for _, o := range m.ofOffer[key(s.network.Name, s.offer.Name)] {
			if o.id == s.id || o.status == "rejected" || !counts(o) || c.PerPartner && o.partner.Name != s.partner.Name || o.window(c.Window) != now {
				continue
			}
			total += share(c.Metric, o)
		}
		grows := before == nil || was == "rejected" || share(c.Metric, s) > share(c.Metric, before)
		if grows && share(c.Metric, s) > 0 && total+share(c.Metric, s) > c.Max {
			return true
		}
	}
	return false
}

func share(metric string, s *sale) int64 {
	switch metric {
	case "Payout":
		return s.payout
	case "Revenue":
		return s.revenue
	}
	return 1
}
