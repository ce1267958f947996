package server

import (
	"math"
	"math/bits"
	"strings"
	"time"

	"github.com/cespare/xxhash/v2"

	"github.com/waypost/waypost/api/pricing"
	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/tracker/journal"
	"github.com/waypost/waypost/tracker/live"
)

// termsKey is what terms follow from, beside the moment.
type termsKey struct {
	offer   *live.Offer
	partner *live.Partner
	goal    *live.Goal
}

// timedTerms are terms with the seconds for which they hold: from the last edge
// of an override's window to the next.
type timedTerms struct {
	from, until int64
	terms       *journal.Terms
}

// terms is the configuration behind the postback, as far as it names it: all
// that the ledger needs to judge and price it without a snapshot. Postbacks of
// one goal and partner share them, so the journal writes them once in a batch.
func (r *report) terms() *journal.Terms {
	known := r.v.s.decisionsOf(r.v.index).terms
	key := termsKey{r.offer, r.partner, r.goal}
	hash := r.offer.Hash ^ bits.RotateLeft64(r.partner.Hash, 32)
	if r.goal != nil {
		hash ^= xxhash.Sum64String(r.goal.Value())
	}
	second := time.UnixMicro(r.entry.At).Unix()
	if t := known.Get(hash, &key); t != nil && t.from <= second && second < t.until {
		return t.terms
	}
	payouts := r.v.network.Payouts(r.partner.Name, r.offer.Name)
	t := timedTerms{terms: &journal.Terms{
		Offer: r.offerTerms(), Partner: r.partnerTerms(), Goal: goalTerms(r.goal), Pricing: r.pricing(payouts),
	}}
	t.from, t.until = window(payouts, second)
	known.Put(hash, key, t)
	return t.terms
}

// window returns the edges, around a second, of the windows of overrides that
// could apply.
func window(payouts []*snapshot.Record, second int64) (from, until int64) {
	from, until = math.MinInt64, math.MaxInt64
	for _, record := range payouts {
		for i := range record.PartnerPayout.Overrides {
			o := &record.PartnerPayout.Overrides[i]
			for _, edge := range []int64{o.From, o.Until} {
				switch {
				case edge == 0:
				case edge <= second:
					from = max(from, edge)
				default:
					until = min(until, edge)
				}
			}
		}
	}
	return from, until
}

func (r *report) offerTerms() journal.OfferTerms {
	o, network := r.offer.Body, r.v.network
	return journal.OfferTerms{
		Name: r.offer.Name, TrackingID: o.TrackingID, Title: o.Title, Advertiser: o.Advertiser, Currency: o.Currency,
		State: o.State, Attribution: o.Attribution, HoldHours: o.HoldHours, KeyRequired: r.keyRequired(),
		Caps: r.caps(), TimeZone: network.Body.TimeZone,
	}
}

// caps are those on conversions and money that count this goal and partner.
func (r *report) caps() []snapshot.Cap {
	return capsOf(r.offer, r.partner, func(limit *snapshot.Cap) bool {
		switch limit.Metric {
		case snapshot.CapConversions, snapshot.CapPayout, snapshot.CapRevenue:
			return limit.Goal == "" || r.goal != nil && strings.EqualFold(limit.Goal, r.goal.Value())
		}
		return false
	})
}

func (r *report) partnerTerms() journal.PartnerTerms {
	p := r.partner.Body
	return journal.PartnerTerms{Name: r.partner.Name, TrackingID: p.TrackingID, State: p.State, Postbacks: r.partnerPostbacks()}
}

// partnerPostbacks are the partner's URLs that could fire for this offer and
// goal. Private and click-only goals never fire one; a conversion of an unknown
// goal, which is recorded as rejected, fires those that name no goal.
func (r *report) partnerPostbacks() []snapshot.PartnerPostback {
	value := ""
	if r.goal != nil {
		goal := r.goal.Body()
		if goal.Private || goal.ClickOnly {
			return nil
		}
		value = goal.Value
	}
	var could []snapshot.PartnerPostback
	for _, p := range r.partner.Body.Postbacks {
		if (p.Offer == "" || p.Offer == r.offer.Name) && (p.Goal == "" || strings.EqualFold(p.Goal, value)) {
			could = append(could, p)
		}
	}
	return could
}

// goalTerms is what the ledger judges by of a goal; empty if there is no such one.
func goalTerms(goal *live.Goal) journal.GoalTerms {
	if goal == nil {
		return journal.GoalTerms{}
	}
	g := goal.Body()
	return journal.GoalTerms{
		Name: goal.Name, Value: g.Value, Slug: g.Slug, RefID: g.RefID, Title: g.Title,
		GoalRules: journal.GoalRules(g.GoalRules),
	}
}

func (r *report) pricing(payouts []*snapshot.Record) pricing.Terms {
	if r.goal == nil {
		return pricing.Terms{}
	}
	goal := r.goal.Body()
	return pricing.Select(pricing.Selection{
		Partner: r.partner.Body, PartnerName: r.partner.Name, OfferName: r.offer.Name, Goal: &goal,
		Payouts: payouts, Structure: r.v.network.Structure,
		At: time.UnixMicro(r.entry.At),
	})
}
