package server

import (
	"math/bits"
	"slices"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/tracker/journal"
	"github.com/waypost/waypost/tracker/live"
	"github.com/waypost/waypost/tracker/server/memo"
)

// How many decisions, merged deep links and terms are remembered.
const (
	rememberedPairs = 16384
	rememberedLinks = 1024
	rememberedTerms = 4096
)

// decisions are what follows from one index alone, so that the click path need
// not find it again. They die with their index.
type decisions struct {
	index *live.Index
	pairs *memo.Table[pairKey, *pair]
	links *memo.Table[linkKey, deepLink]
	terms *memo.Table[termsKey, timedTerms]
}

type pairKey struct {
	offer   *live.Offer
	partner *live.Partner
}

// pair is what the configuration says about an offer and a partner: whether
// clicks and impressions are served, and what the journal needs to know.
type pair struct {
	click, impression pairSide
}

type pairSide struct {
	// reason is why nothing is served, "" if it is.
	reason  string
	context *journal.Context
	// caps are those that may be closed.
	caps []journal.CapKey
}

func newDecisions(index *live.Index) *decisions {
	return &decisions{
		index: index,
		pairs: memo.New[pairKey, *pair](rememberedPairs),
		links: memo.New[linkKey, deepLink](rememberedLinks),
		terms: memo.New[termsKey, timedTerms](rememberedTerms),
	}
}

// decisionsOf returns the decisions of an index. A request that began before the
// index was exchanged gets decisions of its own: those of the newer one stay.
func (s *Server) decisionsOf(index *live.Index) *decisions {
	d := s.decided.Load()
	if d.index == index {
		return d
	}
	fresh := newDecisions(index)
	if s.o.Snapshots.Current() == index && s.decided.CompareAndSwap(d, fresh) {
		return fresh
	}
	if d = s.decided.Load(); d.index == index {
		return d
	}
	return fresh
}

// pairOf returns the decision about the visit's offer and partner.
func (v *visit) pairOf() *pair {
	d := v.s.decisionsOf(v.index)
	key := pairKey{v.offer, v.partner}
	hash := v.offer.Hash ^ bits.RotateLeft64(v.partner.Hash, 32)
	if p, ok := d.pairs.Get(hash, key); ok {
		return p
	}
	p := decide(v.index, v.network, v.offer, v.partner)
	d.pairs.Put(hash, key, p)
	return p
}

// candidate is what is decided about.
type candidate struct {
	offer      *live.Offer
	partner    *live.Partner
	advertiser *live.Advertiser // nil if it does not exist
}

// refusals are the reasons not to serve a known offer and partner, in the order
// of the contract: the first that holds is given.
var refusals = []struct {
	reason string
	holds  func(candidate) bool
}{
	{reasonOfferInactive, func(c candidate) bool { return c.offer.Body.State != snapshot.Active }},
	{reasonPartnerInactive, func(c candidate) bool { return c.partner.Body.State != snapshot.Active }},
	{reasonAdvertiserInactive, func(c candidate) bool {
		return c.advertiser == nil || c.advertiser.Body.State != snapshot.Active
	}},
	{reasonPartnerNotApproved, func(c candidate) bool {
		return c.offer.Body.ApprovalNeeded && !contains(c.offer.Body.Approved, c.partner.Name)
	}},
	{reasonPartnerBlocked, candidate.blocked},
}

// blocked: by the offer, the advertiser or the partner's own list.
func (c candidate) blocked() bool {
	return contains(c.offer.Body.BlockedPartners, c.partner.Name) ||
		contains(c.advertiser.Body.BlockedPartners, c.partner.Name) ||
		contains(c.partner.Body.BlockedOffers, c.offer.Name)
}

// contains looks a name up in a sorted list.
func contains(names []string, name string) bool {
	_, found := slices.BinarySearch(names, name)
	return found
}

// Serves reports whether the configuration lets clicks of a partner on an offer
// through, caps aside.
func Serves(network *live.Network, offer *live.Offer, partner *live.Partner) bool {
	c := candidate{offer: offer, partner: partner, advertiser: network.Advertiser(offer.Body.Advertiser)}
	return !offer.Deleted && !partner.Deleted && c.refusal() == ""
}

// refusal is the first reason not to serve, "" if there is none.
func (c candidate) refusal() string {
	for _, r := range refusals {
		if r.holds(c) {
			return r.reason
		}
	}
	return ""
}

func decide(index *live.Index, network *live.Network, offer *live.Offer, partner *live.Partner) *pair {
	c := candidate{offer: offer, partner: partner, advertiser: network.Advertiser(offer.Body.Advertiser)}
	p := &pair{click: side(index, network, c, snapshot.CapClicks), impression: side(index, network, c, snapshot.CapImpressions)}
	p.click.context.Payout, p.click.context.Revenue = offer.Body.ClickPayout, offer.Body.ClickRevenue
	p.impression.context.Payout, p.impression.context.Revenue = offer.Body.ImpressionPayout, offer.Body.ImpressionRevenue
	reason := c.refusal()
	p.click.reason, p.impression.reason = reason, reason
	if reason == "" && !offer.Body.Impressions {
		p.impression.reason = reasonImpressionsDisabled
	}
	return p
}

func side(index *live.Index, network *live.Network, c candidate, metric snapshot.CapMetric) pairSide {
	caps := capsOf(c.offer, c.partner, func(limit *snapshot.Cap) bool { return limit.Metric == metric })
	return pairSide{
		caps: capKeys(network, c, caps),
		context: &journal.Context{
			Config: index.Digest, Network: network.Name, TimeZone: network.Body.TimeZone,
			Offer: c.offer.Name, OfferID: c.offer.Body.TrackingID, Advertiser: c.offer.Body.Advertiser,
			Partner: c.partner.Name, PartnerID: c.partner.Body.TrackingID, Currency: c.offer.Body.Currency,
			Caps: caps,
		},
	}
}

// capsOf returns the caps of an offer that count events of a partner.
func capsOf(offer *live.Offer, partner *live.Partner, counts func(*snapshot.Cap) bool) []snapshot.Cap {
	var caps []snapshot.Cap
	for i := range offer.Body.Caps {
		limit := &offer.Body.Caps[i]
		if counts(limit) && (len(limit.Partners) == 0 || contains(limit.Partners, partner.Name)) {
			caps = append(caps, *limit)
		}
	}
	return caps
}

func capKeys(network *live.Network, c candidate, caps []snapshot.Cap) []journal.CapKey {
	keys := make([]journal.CapKey, 0, len(caps))
	for i := range caps {
		key := journal.CapKey{
			Network: network.Name, Offer: c.offer.Name, Cap: caps[i].Name,
			Metric: caps[i].Metric, Window: caps[i].Window, Limit: caps[i].Limit,
		}
		if caps[i].PerPartner {
			key.Partner = c.partner.Name
		}
		keys = append(keys, key)
	}
	return keys
}

// capped reports whether one of the caps is closed right now. One that allows
// nothing is closed without anybody counting.
func (v *visit) capped(caps []journal.CapKey) bool {
	for _, key := range caps {
		if key.Limit == 0 || v.s.o.Caps != nil && v.s.o.Caps.Closed(key, v.now) {
			return true
		}
	}
	return false
}
