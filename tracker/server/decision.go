package server

import (
	"math/bits"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/cespare/xxhash/v2"

	"github.com/waypost/waypost/api/macro"
	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/tracker/journal"
	"github.com/waypost/waypost/tracker/live"
	"github.com/waypost/waypost/tracker/server/memo"
	"github.com/waypost/waypost/tracker/server/params"
)

// How many decisions, parsed deep links and terms are remembered.
const (
	rememberedDecisions = 32768
	rememberedLinks     = 1024
	rememberedTerms     = 4096
)

// decisions are what follows from one index alone, so that no request need find it again.
// They die with their index, but for those on offers and partners. Most indexes leave
// nearly all of them as they were, and a tracker would decide thousands anew after each,
// while visitors wait.
type decisions struct {
	index *live.Index
	made  *memo.Table[decisionKey, decision]
	links *memo.Table[linkKey, deepLink]
	terms *memo.Table[termsKey, timedTerms]
}

// decisionKey is how a link names an offer and a partner: their tracking ids with a zero
// byte between them, which no tracking id has. Up to a usual length they are in the key
// itself, so that comparing them waits for no other place in memory.
type decisionKey struct {
	network *snapshot.Network // as long as it is the same, the network has not changed
	event   snapshot.CapMetric
	length  uint8
	names   [38]byte
	long    string // instead of names, if they are longer
}

// decision is what the configuration decides about clicks, or impressions, of a partner
// on an offer. It follows from the parties and the network's Body alone, which is how it
// is known to stand. It has copies of what a click needs of the offer: offers lie apart
// in memory, and the processor waits for each place; here it waits once.
type decision struct {
	parties
	// build is that of the last index that the decision is known to follow from; atomic.
	build uint64
	// reason is why nothing is served, "" if it is.
	reason string
	// context is what the journal holds about the parties, in whatever configuration.
	context *journal.Context
	// caps are those that may be closed.
	caps []journal.CapKey
	// destination is that of clicks, with configuredMacros expanded; nil if it cannot be
	// served.
	destination *macro.Template
	// destinations are those of impressions.
	destinations []live.Destination
	// hash and partnerHash are offer.Hash and partner.Hash, advertiserHash is that of the
	// offer's advertiser, which may not exist.
	hash, partnerHash, advertiserHash uint64
	// hours is for how long the click, or the impression, counts.
	hours int32
}

// parties are the offer, partner and advertiser of an event.
type parties struct {
	offer      *live.Offer
	partner    *live.Partner
	advertiser *live.Advertiser // nil if it does not exist
}

// partiesOf adds the offer's advertiser.
func partiesOf(network *live.Network, offer *live.Offer, partner *live.Partner) parties {
	return parties{offer, partner, network.Advertiser(offer.Body.Advertiser)}
}

// newDecisions returns empty decisions.
func newDecisions(index *live.Index) *decisions {
	return (&decisions{}).after(index)
}

// after returns the decisions of the index that comes after. Those on offers and partners
// are kept if the index was made of d's: only then can it be known which still stand.
func (d *decisions) after(index *live.Index) *decisions {
	made := d.made
	if made == nil || !index.Follows(d.index) {
		made = memo.New[decisionKey, decision](rememberedDecisions)
	}
	return &decisions{
		index: index, made: made,
		links: memo.New[linkKey, deepLink](rememberedLinks),
		terms: memo.New[termsKey, timedTerms](rememberedTerms),
	}
}

// decisionsOf returns the decisions of an index. A request that began before the index
// was exchanged gets decisions of its own: those of the newer one stay.
func (s *Server) decisionsOf(index *live.Index) *decisions {
	d := s.decided.Load()
	if d.index == index {
		return d
	}
	if fresh := d.after(index); s.options.Snapshots.Current() == index && s.decided.CompareAndSwap(d, fresh) {
		return fresh
	}
	if d = s.decided.Load(); d.index == index {
		return d
	}
	return newDecisions(index)
}

// findOfferAndPartner finds both by the tracking ids of the request, and the decision on
// them. The reason is that one of them is not named or not known; deleted ones are not.
//
// A decision of before is taken as it is where no change since has touched its parties.
// Where one has, the parties are looked up: the same ones keep their decision.
func (v *visit) findOfferAndPartner(event snapshot.CapMetric) (reason string) {
	r := &v.request
	offer, partner := r.params.Get(params.Offer), r.params.Get(params.Partner)
	names := append(append(append(v.buffers.names[:0], offer...), 0), partner...)
	v.buffers.names = names
	known, hash := r.server.decisionsOf(r.index).made, xxhash.Sum64(names)+uint64(event)
	key := newDecisionKey(r.network, event, names)
	d := known.Get(hash, &key)
	if d != nil && d.follows(r.index) {
		v.decision, v.parties = d, d.parties
		return ""
	}
	if v.parties, reason = find(r.network, offer, partner); reason != "" {
		return reason
	}
	if d != nil && d.parties == v.parties { // what has changed is something else
		atomic.StoreUint64(&d.build, r.index.Build())
	} else {
		key.long = strings.Clone(key.long)
		d = known.Put(hash, key, decide(r.index, r.network, v.parties, event))
	}
	v.decision = d
	return ""
}

// newDecisionKey returns the key of names, which it points to where they are long.
func newDecisionKey(network *live.Network, event snapshot.CapMetric, names []byte) decisionKey {
	key := decisionKey{network: network.Body, event: event}
	if len(names) > len(key.names) {
		key.long = view(names)
	} else {
		key.length = uint8(copy(key.names[:], names))
	}
	return key
}

// follows reports whether the decision is known to follow from an index too, which is the
// one that it was found in or one that was made of it.
func (d *decision) follows(index *live.Index) bool {
	switch last := atomic.LoadUint64(&d.build); {
	case last == index.Build():
		return true
	case last > index.Build(): // the request began before the last swap
		return false
	case index.Changed(d.hash, d.partnerHash, d.advertiserHash) > last:
		return false
	}
	atomic.StoreUint64(&d.build, index.Build()) // the next request need not look
	return true
}

// find looks offer and partner up in the configuration. With a reason the parties hold
// what was found, for the fallback. A deleted one counts as unknown here, as a link to it
// leads nowhere; postbacks of its earlier clicks find it.
func find(network *live.Network, offer, partner []byte) (p parties, reason string) {
	if len(offer) == 0 {
		return p, reasonBadRequest
	}
	if p.offer = network.Offer(view(offer)); p.offer == nil || p.offer.Deleted {
		return p, reasonUnknownOffer
	}
	if len(partner) == 0 {
		return p, reasonBadRequest
	}
	if p.partner = network.Partner(view(partner)); p.partner == nil || p.partner.Deleted {
		return p, reasonUnknownPartner
	}
	return partiesOf(network, p.offer, p.partner), ""
}

// refusals are the reasons not to serve a known offer and partner, in the order of
// docs/rules.md: the first that holds is given. Each may rely on those before it: from
// partner_not_approved on there is an advertiser.
var refusals = []struct {
	reason string
	holds  func(parties) bool
}{
	{reasonOfferInactive, func(p parties) bool { return p.offer.Body.State != snapshot.Active }},
	{reasonPartnerInactive, func(p parties) bool { return p.partner.Body.State != snapshot.Active }},
	{reasonAdvertiserInactive, func(p parties) bool {
		return p.advertiser == nil || p.advertiser.Body.State != snapshot.Active
	}},
	{reasonPartnerNotApproved, func(p parties) bool {
		return p.offer.Body.ApprovalNeeded && !contains(p.offer.Body.Approved, p.partner.Name)
	}},
	{reasonPartnerBlocked, func(p parties) bool {
		return contains(p.offer.Body.BlockedPartners, p.partner.Name) ||
			contains(p.advertiser.Body.BlockedPartners, p.partner.Name) ||
			contains(p.partner.Body.BlockedOffers, p.offer.Name)
	}},
}

// refusal is the first reason not to serve, "" if there is none.
func (p parties) refusal() string {
	for _, r := range refusals {
		if r.holds(p) {
			return r.reason
		}
	}
	return ""
}

// contains looks a name up in a sorted list.
func contains(names []string, name string) bool {
	_, found := slices.BinarySearch(names, name)
	return found
}

// Serves reports whether the configuration lets clicks of a partner on an offer through,
// caps aside.
func Serves(network *live.Network, offer *live.Offer, partner *live.Partner) bool {
	return !offer.Deleted && !partner.Deleted && partiesOf(network, offer, partner).refusal() == ""
}

// decide makes the decision on clicks or impressions of the parties.
func decide(index *live.Index, network *live.Network, p parties, event snapshot.CapMetric) decision {
	offer, caps := p.offer.Body, capsOf(p, func(limit *snapshot.Cap) bool { return limit.Metric == event })
	d := decision{
		parties: p, build: index.Build(), reason: p.refusal(), caps: capKeys(network, p, caps),
		hash: p.offer.Hash, partnerHash: p.partner.Hash, advertiserHash: live.AdvertiserHash(network.Name, offer.Advertiser),
	}
	context := journal.Context{
		Network: network.Name, TimeZone: network.Body.TimeZone, Offer: p.offer.Name, OfferID: offer.TrackingID,
		Advertiser: offer.Advertiser, Partner: p.partner.Name, PartnerID: p.partner.Body.TrackingID,
		Currency: offer.Currency, Caps: caps,
	}
	if event == snapshot.CapClicks {
		context.Payout, context.Revenue = offer.ClickPayout, offer.ClickRevenue
		d.hours = offer.Attribution.ClickLookbackHours
		if t := p.offer.Destination(); t != nil {
			d.destination = t.Bind(configuredMacros, p)
		}
	} else {
		context.Payout, context.Revenue = offer.ImpressionPayout, offer.ImpressionRevenue
		d.destinations, d.hours = p.offer.ImpressionDestinations(), offer.Attribution.ImpressionLookbackHours
		if d.reason == "" && !offer.Impressions {
			d.reason = reasonImpressionsDisabled
		}
	}
	d.context = context.Prepared()
	return d
}

// impressionHash names the cookie of an impression.
func (d *decision) impressionHash() uint64 { return d.hash ^ bits.RotateLeft64(d.partnerHash, 1) }

// capsOf returns the caps of the offer that count events of the partner: those that name
// it, and those that name none.
func capsOf(p parties, counts func(*snapshot.Cap) bool) []snapshot.Cap {
	var caps []snapshot.Cap
	for i := range p.offer.Body.Caps {
		limit := &p.offer.Body.Caps[i]
		if counts(limit) && (len(limit.Partners) == 0 || contains(limit.Partners, p.partner.Name)) {
			caps = append(caps, *limit)
		}
	}
	return caps
}

// capKeys returns how the ledger names caps. The limit is part of the name, so that a
// raised cap is open until the ledger closes it again.
func capKeys(network *live.Network, p parties, caps []snapshot.Cap) []journal.CapKey {
	keys := make([]journal.CapKey, 0, len(caps))
	for i := range caps {
		key := journal.CapKey{
			Network: network.Name, Offer: p.offer.Name, Cap: caps[i].Name,
			Metric: caps[i].Metric, Window: caps[i].Window, Limit: caps[i].Limit,
		}
		if caps[i].PerPartner {
			key.Partner = p.partner.Name
		}
		keys = append(keys, key)
	}
	return keys
}

// capped reports whether one of the caps is closed right now. One that allows nothing is
// closed before anything is counted.
func capped(caps []journal.CapKey, closed Caps, now time.Time) bool {
	for _, key := range caps {
		if key.Limit == 0 || closed != nil && closed.Closed(key, now) {
			return true
		}
	}
	return false
}
