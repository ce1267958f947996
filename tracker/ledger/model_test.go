package ledger

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/tracker/journal"
)

// model is docs/rules.md written down once more, as simply as possible: one thing
// after the other, everything in lists, looked through from the beginning. It
// shares the journal's types with the ledger and nothing else.
type model struct {
	sales    []*sale
	byID     map[string]*sale
	seen     map[string]*journal.Traffic // clicks and impressions
	closed   map[string]bool
	waiting  []*waiter
	time     int64
	verdicts map[string]string // of each postback
	money    map[string][2]int64
	goalHits int
	berlin   *time.Location
}

type sale struct {
	id, offer, partner, goal  string
	session, order, identical string
	at, until                 int64
	status                    snapshot.ConversionStatus
	said                      snapshot.ConversionStatus
	reason                    string
	payout, revenue           int64
	amount                    *int64
	noClick                   bool
	frees                     bool // its key is free
	advertisers               bool // an advertiser's postback rejected it last
	multiple                  bool
	counted                   bool // when it came, and not released since
	terms                     *journal.Terms
	visit                     *journal.Traffic
	events                    int       // in its history
	windows                   [5]string // of caps, as text
}

type waiter struct {
	p        *journal.Postback
	id       string
	deadline int64
}

func newModel() *model {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		panic(err)
	}
	return &model{byID: map[string]*sale{}, seen: map[string]*journal.Traffic{}, closed: map[string]bool{}, verdicts: map[string]string{}, money: map[string][2]int64{}, berlin: berlin}
}

func (m *model) take(b *journal.Batch) {
	for i, x := range b.Entries {
		switch {
		case x.Click != nil:
			m.arrive(&x.Click.Traffic)
		case x.Impression != nil:
			m.arrive(&x.Impression.Traffic)
		case x.Moderation != nil:
			m.moderate(x.Moderation)
		case x.Tick != nil:
			m.tick(x.Tick.At)
		case x.Postback != nil:
			m.receive(x.Postback, entryID(b.BootID, b.Sequence, i, x.Postback.At))
		}
	}
}

func session(p *journal.Postback) string {
	if p.ClickID != "" {
		return p.ClickID
	}
	return p.AimpID
}

func (m *model) arrive(t *journal.Traffic) {
	m.seen[t.ID] = t
	list := m.waiting
	m.waiting = nil
	for _, w := range list {
		if session(w.p) == t.ID {
			m.judge(w.p, w.id)
		} else {
			m.waiting = append(m.waiting, w)
		}
	}
}

func (m *model) receive(p *journal.Postback, id string) {
	s := session(p)
	judgeable := p.Reason == "" || p.Reason == "unknown_goal"
	behind := slices.ContainsFunc(m.waiting, func(w *waiter) bool { return session(w.p) == s })
	if s != "" && judgeable && (behind || m.seen[s] == nil && p.At/1_000_000-p.SessionAt < 60) {
		m.waiting = append(m.waiting, &waiter{p: p, id: id})
		return
	}
	m.judge(p, id)
}

func (m *model) tick(at int64) {
	if at == m.time {
		return
	}
	m.time = at
	for _, s := range m.sales {
		if s.status == 5 && s.until != 0 && s.until <= at {
			s.status, s.until = 1, 0
			s.events++
		}
	}
	list := m.waiting
	m.waiting = nil
	for _, w := range list {
		switch {
		case w.deadline == 0 || w.deadline > at+1_000_000:
			w.deadline = at + 1_000_000
		case w.deadline <= at:
			m.judge(w.p, w.id)
			continue
		}
		m.waiting = append(m.waiting, w)
	}
}

// judge notes the verdict on a postback.
func (m *model) judge(p *journal.Postback, id string) {
	m.verdicts[id] = m.verdict(p, id)
}

func (m *model) verdict(p *journal.Postback, id string) string {
	if p.Reason != "" && p.Reason != "unknown_goal" {
		return "refused " + p.Reason
	}
	n := &sale{id: id, offer: p.Terms.Offer.Name, partner: p.Terms.Partner.Name, goal: p.Terms.Goal.Value, session: session(p), order: p.OrderID,
		at: p.At, said: p.Status, multiple: p.Terms.Goal.Multiple, terms: p.Terms, visit: m.seen[session(p)], events: 1}
	n.noClick = n.session != "" && n.visit == nil
	if p.Amount != nil {
		a := int64(*p.Amount)
		n.amount = &a
	}
	n.identical = identical(p)
	if p.Reason == "unknown_goal" {
		n.frees = true
		return m.record(p, n, 3, "unknown_goal")
	}
	otherCurrency := p.Currency != "" && !strings.EqualFold(p.Currency, "USD")
	priced := n.amount
	if otherCurrency {
		priced = nil
	}
	if !n.price(priced) {
		return "refused bad_amount"
	}
	if p.Test {
		return m.fresh(p, n, otherCurrency)
	}
	if p.Via == journal.ViaClick || p.Terms.Goal.ClickOnly {
		return m.goalHit(p, n)
	}
	for _, s := range m.sales {
		if !s.frees && p.OrderID != "" && s.order == p.OrderID && s.offer == n.offer && s.goal == n.goal {
			return m.later(p, s, otherCurrency)
		}
	}
	for _, s := range m.sales {
		if !s.frees && n.session != "" && !n.multiple && !s.multiple && s.session == n.session && s.goal == n.goal && s.offer == n.offer {
			if p.OrderID != "" {
				return "refused duplicate"
			}
			return m.later(p, s, otherCurrency)
		}
	}
	if p.OrderID == "" && (n.multiple || n.session == "") && m.retried(n, "") {
		return "refused duplicate"
	}
	if m.closed[n.session] {
		return "refused session_closed"
	}
	return m.fresh(p, n, otherCurrency)
}

// retried: only the last one counted is looked at.
func (m *model) retried(n *sale, prefix string) bool {
	for _, s := range slices.Backward(m.sales) {
		if s.identical == prefix+n.identical && s.counted {
			apart := n.at - s.at
			return apart <= 10_000_000 && apart >= -10_000_000
		}
	}
	return false
}

func identical(p *journal.Postback) string {
	var list []string
	for _, x := range p.Params {
		list = append(list, x.Name+"="+x.Value)
	}
	slices.Sort(list)
	return strings.Join(append(list, p.Terms.Offer.Name, p.Terms.Partner.Name, p.Terms.Goal.Value, session(p)), "&")
}

// goalHit is a goal recorded as a click. It is kept among the sales for retries,
// without a status.
func (m *model) goalHit(p *journal.Postback, n *sale) string {
	if m.retried(n, "hit ") {
		return "refused duplicate"
	}
	if m.closed[n.session] {
		return "refused session_closed"
	}
	if reason := m.obstacle(p); reason != "" {
		return "rejected " + reason
	}
	m.goalHits++
	m.sales = append(m.sales, &sale{identical: "hit " + n.identical, at: n.at, id: "-", counted: true})
	return "approved"
}

func (m *model) obstacle(p *journal.Postback) string {
	age := p.At - p.SessionAt*1_000_000
	if t := m.seen[session(p)]; t != nil && t.At/1_000_000 == p.SessionAt {
		age = p.At - t.At
	}
	age = max(age, 0)
	a := p.Terms.Offer.Attribution
	switch {
	case p.Terms.Partner.State == snapshot.Blocked:
		return "partner_inactive"
	case p.Terms.Offer.State == snapshot.Pending:
		return "offer_inactive"
	case session(p) == "":
	case p.ClickID != "" && age < int64(a.MinimumClickSeconds)*1_000_000:
		return "too_soon"
	case p.ClickID != "" && age > int64(a.ClickLookbackHours)*3600*1_000_000, p.ClickID == "" && age > int64(a.ImpressionLookbackHours)*3600*1_000_000:
		return "too_late"
	}
	return ""
}

func (m *model) fresh(p *journal.Postback, n *sale, otherCurrency bool) string {
	reason := m.obstacle(p)
	if reason == "" && otherCurrency {
		reason = "currency_mismatch"
	}
	n.frees = reason == "too_soon" || reason == "offer_inactive" || reason == "currency_mismatch"
	if reason == "" && p.Status == 3 {
		reason = "rejected_by_advertiser"
	}
	if reason == "" && !p.Test && m.full(n, nil) {
		reason, n.frees = "cap_reached", true
	}
	switch {
	case reason != "":
		n.advertisers = reason == "rejected_by_advertiser"
		return m.record(p, n, 3, reason)
	case p.OrderIDMissing && (n.multiple || n.session == ""):
		return m.record(p, n, 2, "order_id_missing")
	case p.Terms.Goal.Manual || p.Status == 2:
		return m.record(p, n, 2, "")
	case p.Status == 5:
		return m.record(p, n, 5, "")
	case p.Terms.Offer.HoldHours > 0:
		n.until = n.at + int64(p.Terms.Offer.HoldHours)*3600*1_000_000
		return m.record(p, n, 5, "")
	}
	return m.record(p, n, 1, "")
}

func (m *model) record(p *journal.Postback, n *sale, status snapshot.ConversionStatus, reason string) string {
	n.status, n.reason, n.counted = status, reason, !n.frees
	if !p.Test {
		m.sales = append(m.sales, n)
		m.byID[n.id] = n
		if status != 3 && p.Terms.Goal.EndPoint && n.session != "" {
			m.closed[n.session] = true
		}
	}
	return strings.TrimSpace(statusName(status) + " " + reason)
}

// later is a postback of a sale that there is.
func (m *model) later(p *journal.Postback, s *sale, otherCurrency bool) string {
	open := s.status == 2 || s.status == 5
	back := p.KeyProven && (s.status == 1 && p.Status == 3 || s.status == 3 && s.advertisers && p.Status == 1)
	switch {
	case p.Status == 0:
		return "refused duplicate"
	case !open && !back:
		return "refused status_final"
	case p.Terms.Offer.KeyRequired && !p.KeyProven:
		return "refused duplicate"
	case p.Status == 3:
		s.status, s.reason, s.until, s.said, s.advertisers = 3, "rejected_by_advertiser", 0, 3, true
		s.events++
		return "rejected rejected_by_advertiser"
	}
	changed := *s
	if p.Amount != nil && !otherCurrency && (s.amount == nil || *s.amount != int64(*p.Amount)) {
		a := int64(*p.Amount)
		changed.amount = &a
		if !changed.price(&a) {
			return "refused bad_amount"
		}
	}
	if (s.status == 3 || changed.amount != s.amount) && m.full(&changed, s) {
		changed.status, changed.reason, changed.until, changed.said, changed.frees, changed.counted = 3, "cap_reached", 0, p.Status, true, false
		changed.events++
		*s = changed
		return "rejected cap_reached"
	}
	if s.status == 3 && s.terms.Goal.EndPoint && s.session != "" {
		m.closed[s.session] = true
	}
	ends := s.at + int64(s.terms.Offer.HoldHours)*3600*1_000_000
	switch {
	case p.Status == 5 && s.until == 0:
		changed.status = 5
	case p.Status == 1 && s.until == 0 && s.terms.Offer.HoldHours > 0 && ends > p.At:
		changed.status, changed.until = 5, ends
	case p.Status == 1 && (s.until == 0 || s.said != 1):
		changed.status, changed.until = 1, 0
	}
	if changed.status == s.status && changed.until == s.until && changed.amount == s.amount {
		return "refused duplicate"
	}
	changed.said, changed.reason = p.Status, ""
	changed.events++
	*s = changed
	return statusName(s.status)
}

func (m *model) moderate(x *journal.Moderation) {
	s := m.byID[x.ConversionID]
	if s == nil {
		return
	}
	approvedAndHeld := x.Status == 1 && s.until != 0 && x.From != 0 && !x.Release
	if s.status == x.Status || approvedAndHeld {
		return
	}
	s.events++
	if x.From != 0 && x.From != s.status {
		return
	}
	if x.Status == 3 {
		s.status, s.reason, s.until, s.advertisers = 3, "rejected_by_moderator", 0, false
		if x.Reason != "" {
			s.reason = x.Reason
		}
		return
	}
	was := s.status
	if was == 3 {
		if m.taken(s) {
			return
		}
		s.status = 1
		before := *s
		before.status = 3
		full := m.full(s, &before)
		s.status = 3
		if full {
			return
		}
		s.frees = s.goal == "" // the key of an unknown goal is always free
		if s.terms.Goal.EndPoint && s.session != "" {
			m.closed[s.session] = true
		}
	}
	s.reason = ""
	ends := s.at + int64(s.terms.Offer.HoldHours)*3600*1_000_000
	if !x.Release && (was != 5 || x.From != 0) && s.terms.Offer.HoldHours > 0 && ends > x.At {
		s.status, s.until = 5, ends
		return
	}
	s.status, s.until = 1, 0
}

// taken: another sale has the key of this one by now.
func (m *model) taken(s *sale) bool {
	return slices.ContainsFunc(m.sales, func(o *sale) bool {
		if o == s || o.frees || o.id == "-" || s.goal == "" || o.goal != s.goal || o.offer != s.offer {
			return false
		}
		return s.order != "" && o.order == s.order || s.session != "" && !s.multiple && !o.multiple && o.session == s.session
	})
}

// full: with n (instead of before) a cap would be exceeded.
func (m *model) full(n, before *sale) bool {
	for _, c := range n.terms.Offer.Caps {
		if c.Goal != "" && c.Goal != n.goal || len(c.Partners) > 0 && !slices.Contains(c.Partners, n.partner) {
			continue
		}
		total := int64(0)
		for _, s := range m.sales {
			same := s.id != "-" && s.offer == n.offer && (c.Goal == "" || s.goal == c.Goal) && (len(c.Partners) == 0 || slices.Contains(c.Partners, s.partner))
			if s == n || s == before || !same || s.status == 3 || c.PerPartner && s.partner != n.partner || m.window(c.Window, s) != m.window(c.Window, n) {
				continue
			}
			total += share(c.Metric, s)
		}
		grows := before == nil || before.status == 3 || share(c.Metric, n) > share(c.Metric, before)
		if grows && share(c.Metric, n) > 0 && total+share(c.Metric, n) > c.Limit {
			return true
		}
	}
	return false
}

func share(metric snapshot.CapMetric, s *sale) int64 {
	return map[snapshot.CapMetric]int64{snapshot.CapConversions: 1, snapshot.CapPayout: s.payout, snapshot.CapRevenue: s.revenue}[metric]
}

func (m *model) window(w snapshot.CapWindow, s *sale) string {
	if s.windows[w] == "" {
		s.windows[w] = m.format(w, s.at)
	}
	return s.windows[w]
}

func (m *model) format(w snapshot.CapWindow, at int64) string {
	layout := map[snapshot.CapWindow]string{snapshot.CapHour: "2006-01-02 15 MST", snapshot.CapDay: "2006-01-02", snapshot.CapMonth: "2006-01", snapshot.CapLifetime: "life"}[w]
	return time.UnixMicro(at).In(m.berlin).Format(layout)
}

// price works in fractions: exact until the one rounding at the end.
func (s *sale) price(amount *int64) bool {
	t := s.terms.Pricing
	paid := t.Payout.Own
	switch {
	case t.Payout.Override != nil:
		paid = t.Payout.Override.Terms
	case t.Payout.Structure != "" && s.visit != nil && s.visit.Subs[1] == "vip":
		paid = *t.Payout.Rules[0].Terms
	case t.Payout.Structure != "" && s.visit != nil && s.visit.Country == "NL" && amount != nil && *amount >= 50_000_000:
		paid = *t.Payout.Rules[1].Terms
	}
	var ok1, ok2 bool
	s.payout, ok1 = exact(int64(paid.Flat), int64(paid.Percent), amount)
	s.revenue, ok2 = exact(int64(t.Revenue.Own.Flat), int64(t.Revenue.Own.Percent), amount)
	if t.Private {
		s.payout, ok1 = 0, true
	}
	return ok1 && ok2
}

func exact(flat, percent int64, amount *int64) (int64, bool) {
	sum := new(big.Rat).SetInt64(flat)
	if amount != nil {
		part := new(big.Rat).SetFrac(big.NewInt(percent), big.NewInt(100_000*100))
		sum.Add(sum, part.Mul(part, new(big.Rat).SetInt64(*amount)))
	}
	whole := new(big.Int).Quo(sum.Num(), sum.Denom())
	rest := new(big.Rat).Sub(sum, new(big.Rat).SetInt(whole))
	switch half := rest.Cmp(big.NewRat(1, 2)); {
	case half > 0, half == 0 && whole.Bit(0) == 1:
		whole.Add(whole, big.NewInt(1))
	}
	return whole.Int64(), whole.Cmp(big.NewInt(9_999_999_999_999_999)) <= 0
}

// row is a sale as text.
func (s *sale) row() string {
	return fmt.Sprintf("id=%s status=%d reason=%s payout=%d revenue=%d hold_until=%d click_missing=%d events=%d ",
		s.id, s.status, s.reason, s.payout, s.revenue, s.until, map[bool]int{true: 1}[s.noClick], s.events)
}
