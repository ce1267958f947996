package server

import (
	"strings"
	"time"

	"github.com/waypost/waypost/api/pricing"
	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/tracker/journal"
)

// terms is the configuration behind the postback, as far as it names it: all
// that the ledger needs to judge and price it without a snapshot.
func (r *report) terms() *journal.Terms {
	return &journal.Terms{
		Offer:   r.offerTerms(),
		Partner: r.partnerTerms(),
		Goal:    r.goalTerms(),
		Pricing: r.pricing(),
	}
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
			return limit.Goal == "" || r.goal != nil && strings.EqualFold(limit.Goal, r.goal.Body.Value)
		}
		return false
	})
}

func (r *report) partnerTerms() journal.PartnerTerms {
	p := r.partner.Body
	return journal.PartnerTerms{Name: r.partner.Name, TrackingID: p.TrackingID, State: p.State, Postbacks: r.partnerPostbacks()}
}

// partnerPostbacks are the partner's URLs that could fire for this offer and
// goal. Private and click-only goals never fire one.
func (r *report) partnerPostbacks() []snapshot.PartnerPostback {
	if r.goal == nil || r.goal.Body.Private || r.goal.Body.ClickOnly {
		return nil
	}
	var could []snapshot.PartnerPostback
	for _, p := range r.partner.Body.Postbacks {
		if (p.Offer == "" || p.Offer == r.offer.Name) && (p.Goal == "" || strings.EqualFold(p.Goal, r.goal.Body.Value)) {
			could = append(could, p)
		}
	}
	return could
}

func (r *report) goalTerms() journal.GoalTerms {
	if r.goal == nil {
		return journal.GoalTerms{}
	}
	g := r.goal.Body
	return journal.GoalTerms{
		Name: r.goal.Name, Value: g.Value, Slug: g.Slug, RefID: g.RefID, Title: g.Title,
		Multiple: g.Multiple, EndPoint: g.EndPoint, Manual: g.Manual, Private: g.Private, ClickOnly: g.ClickOnly,
	}
}

func (r *report) pricing() pricing.Terms {
	if r.goal == nil {
		return pricing.Terms{}
	}
	return pricing.Select(pricing.Selection{
		Partner: r.partner.Body, PartnerName: r.partner.Name, OfferName: r.offer.Name, Goal: r.goal.Body,
		Payouts: r.v.network.Payouts(r.partner.Name), Structure: r.v.network.Structure,
		At: time.UnixMicro(r.entry.At),
	})
}
