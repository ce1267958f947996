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

// termsKey is what terms follow from, beside the index and the moment.
type termsKey struct {
	offer   *live.Offer
	partner *live.Partner
	goal    *live.Goal
}

// timedTerms are terms with the seconds for which they hold: from the last edge of an
// override's window to the next. After them, or before, terms are made anew.
type timedTerms struct {
	from, until int64
	terms       *journal.Terms
}

// terms is the configuration behind the postback: all that the ledger needs to judge and
// price it without a snapshot. Postbacks of one goal and partner share them, so the journal
// writes them once in a batch.
func (c *postbackCheck) terms() *journal.Terms {
	r := c.request
	known := r.server.decisionsOf(r.index).terms
	key := termsKey{c.offer, c.partner, c.goal}
	hash := c.offer.Hash ^ bits.RotateLeft64(c.partner.Hash, 32)
	if c.goal != nil {
		hash ^= xxhash.Sum64String(c.goal.Value())
	}
	at := time.UnixMicro(c.entry.At)
	if t := known.Get(hash, &key); t != nil && t.from <= at.Unix() && at.Unix() < t.until {
		return t.terms
	}
	in := postbackTerms{
		network: r.network, parties: c.parties, goal: c.goal, at: at,
		payouts: r.network.Payouts(c.partner.Name, c.offer.Name),
	}
	t := timedTerms{terms: &journal.Terms{
		Offer: in.offerTerms(), Partner: in.partnerTerms(), Goal: goalTerms(c.goal), Pricing: in.pricing(),
	}}
	t.from, t.until = window(in.payouts, at.Unix())
	known.Put(hash, key, t)
	return t.terms
}

// window returns the edges, around a second, of the windows of overrides that could apply.
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

// postbackTerms makes the parts of terms. It has all that they follow from.
type postbackTerms struct {
	network *live.Network
	parties
	goal    *live.Goal // nil if there is no such one
	at      time.Time
	payouts []*snapshot.Record // those of the partner that could apply
}

// offerTerms is what the ledger judges by of the offer, and of network and advertiser as
// far as the offer stands for them.
func (in *postbackTerms) offerTerms() journal.OfferTerms {
	o := in.offer.Body
	return journal.OfferTerms{
		Name: in.offer.Name, TrackingID: o.TrackingID, Title: o.Title, Advertiser: o.Advertiser, Currency: o.Currency,
		State: o.State, Attribution: o.Attribution, HoldHours: o.HoldHours, KeyRequired: keyRequired(in.network, in.parties),
		Caps: in.caps(), TimeZone: in.network.Body.TimeZone,
	}
}

// caps are those on conversions and money that count this goal and partner.
func (in *postbackTerms) caps() []snapshot.Cap {
	return capsOf(in.parties, func(limit *snapshot.Cap) bool {
		switch limit.Metric {
		case snapshot.CapConversions, snapshot.CapPayout, snapshot.CapRevenue:
			return limit.Goal == "" || in.goal != nil && strings.EqualFold(limit.Goal, in.goal.Value())
		}
		return false
	})
}

// partnerTerms is what the ledger judges by of the partner, and what it calls.
func (in *postbackTerms) partnerTerms() journal.PartnerTerms {
	p := in.partner.Body
	return journal.PartnerTerms{Name: in.partner.Name, TrackingID: p.TrackingID, State: p.State, Postbacks: in.partnerPostbacks()}
}

// partnerPostbacks are the partner's URLs that could fire for this offer and goal. Private
// and click-only goals never fire one; a conversion of an unknown goal, which is recorded
// as rejected, fires those that name no goal.
func (in *postbackTerms) partnerPostbacks() []snapshot.PartnerPostback {
	value := ""
	if in.goal != nil {
		goal := in.goal.Body()
		if goal.Private || goal.ClickOnly {
			return nil
		}
		value = goal.Value
	}
	var could []snapshot.PartnerPostback
	for _, p := range in.partner.Body.Postbacks {
		if (p.Offer == "" || p.Offer == in.offer.Name) && (p.Goal == "" || strings.EqualFold(p.Goal, value)) {
			could = append(could, p)
		}
	}
	return could
}

// goalTerms is what the ledger judges by of a goal; empty if there is no such one. The
// rules of a goal are converted as a whole: one that only snapshot or only journal has
// does not compile.
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

// pricing is how a conversion of this moment is priced; empty without a goal.
func (in *postbackTerms) pricing() pricing.Terms {
	if in.goal == nil {
		return pricing.Terms{}
	}
	goal := in.goal.Body()
	return pricing.Select(pricing.Selection{
		Partner: in.partner.Body, PartnerName: in.partner.Name, OfferName: in.offer.Name, Goal: &goal,
		Payouts: in.payouts, Structure: in.network.Structure, At: in.at,
	})
}
