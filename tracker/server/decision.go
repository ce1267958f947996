package server

import (
	"slices"
	"strings"
	"sync/atomic"

	"github.com/cespare/xxhash/v2"

	"github.com/waypost/waypost/api/macro"
	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/tracker/journal"
	"github.com/waypost/waypost/tracker/live"
	"github.com/waypost/waypost/tracker/server/memo"
	"github.com/waypost/waypost/tracker/server/params"
)

// How many decisions, merged deep links and terms are remembered.
const (
	rememberedPairs = 32768
	rememberedLinks = 1024
	rememberedTerms = 4096
)

// decisions are what follows from one index alone, so that the click path need
// not find it again. They die with their index, but for the pairs: most indexes leave
// nearly all of them as they were, and after each a tracker would decide thousands
// anew while visitors wait.
type decisions struct {
	index *live.Index
	pairs *memo.Table[pairKey, pair]
	links *memo.Table[linkKey, deepLink]
	terms *memo.Table[termsKey, timedTerms]
}

// pairKey is how a link names an offer and a partner: their tracking ids with a
// zero byte between them, which no tracking id has. They are in the key itself up to
// a usual length, so that comparing them waits for no other place in memory.
type pairKey struct {
	network *snapshot.Network // as long as it is the same, the network has not changed
	event   snapshot.CapMetric
	length  uint8
	names   [38]byte
	long    string // instead of names, if they are longer
}

// pair is what the configuration says about clicks, or impressions, of a partner
// on an offer. It has copies of what a click needs of the offer: of many offers
// each is in memory that the processor has to wait for, and here it waits once.
type pair struct {
	candidate
	// build is that of the last index that the pair is known to follow from; atomic.
	build uint64
	// reason is why nothing is served, "" if it is.
	reason string
	// context is what the journal needs to know, in whatever configuration.
	context *journal.Context
	// caps are those that may be closed.
	caps []journal.CapKey
	// destination is that of clicks, with what is known of this pair filled in, nil
	// if it cannot be served.
	destination *macro.Template
	// destinations are those of impressions.
	destinations []live.Destination
	// hash and partnerHash are offer.Hash and partner.Hash, advertiserHash is that of
	// the offer's advertiser, who may not exist.
	hash, partnerHash, advertiserHash uint64
	// hours is for how long the click, or the impression, counts.
	hours int32
}

func newDecisions(index *live.Index) *decisions {
	return (&decisions{}).after(index)
}

// after returns the decisions of the index that comes after. It has pairs of its own
// if it was not made of d's, because then nothing tells which of them still stand.
func (d *decisions) after(index *live.Index) *decisions {
	pairs := d.pairs
	if pairs == nil || !index.Follows(d.index) {
		pairs = memo.New[pairKey, pair](rememberedPairs)
	}
	return &decisions{
		index: index, pairs: pairs,
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
	if fresh := d.after(index); s.o.Snapshots.Current() == index && s.decided.CompareAndSwap(d, fresh) {
		return fresh
	}
	if d = s.decided.Load(); d.index == index {
		return d
	}
	return newDecisions(index)
}

// traffickers finds offer and partner by their tracking ids, and says what is
// wrong with them. Deleted ones are unknown.
func (v *visit) traffickers(event snapshot.CapMetric) (reason string) {
	offer, partner := v.params.Get(params.Offer), v.params.Get(params.Partner)
	v.namesBuffer = append(append(append(v.namesBuffer[:0], offer...), 0), partner...)
	decided, hash := v.s.decisionsOf(v.index), xxhash.Sum64(v.namesBuffer)+uint64(event)
	key := v.pairKey(event)
	p := decided.pairs.Get(hash, &key)
	if p != nil && p.follows(v.index) {
		v.pair, v.offer, v.partner = p, p.offer, p.partner
		return ""
	}
	if reason := v.find(offer, partner); reason != "" {
		return reason
	}
	c := candidate{offer: v.offer, partner: v.partner, advertiser: v.network.Advertiser(v.offer.Body.Advertiser)}
	if p != nil && p.candidate == c { // what has changed is something else
		atomic.StoreUint64(&p.build, v.index.Build())
		v.pair = p
		return ""
	}
	key.long = strings.Clone(key.long)
	v.pair = decided.pairs.Put(hash, key, v.decide(c, event))
	return ""
}

// follows reports whether the pair is known to follow from an index too, which is the
// one that it was found in or one that was made of it.
func (p *pair) follows(index *live.Index) bool {
	switch last := atomic.LoadUint64(&p.build); {
	case last == index.Build():
		return true
	case last > index.Build(): // the request began before the last swap
		return false
	case index.Changed(p.hash, p.partnerHash, p.advertiserHash) > last:
		return false
	}
	atomic.StoreUint64(&p.build, index.Build()) // the next request need not look
	return true
}

// pairKey is the key of the names that the visit has just gathered, and points to
// them where they are long.
func (v *visit) pairKey(event snapshot.CapMetric) pairKey {
	key := pairKey{network: v.network.Body, event: event}
	if len(v.namesBuffer) > len(key.names) {
		key.long = view(v.namesBuffer)
	} else {
		key.length = uint8(copy(key.names[:], v.namesBuffer))
	}
	return key
}

// find looks offer and partner up in the configuration.
func (v *visit) find(offer, partner []byte) (reason string) {
	if len(offer) == 0 {
		return reasonBadRequest
	}
	if v.offer = v.network.Offer(view(offer)); v.offer == nil || v.offer.Deleted {
		return reasonUnknownOffer
	}
	if len(partner) == 0 {
		return reasonBadRequest
	}
	if v.partner = v.network.Partner(view(partner)); v.partner == nil || v.partner.Deleted {
		return reasonUnknownPartner
	}
	return ""
}

// candidate is what is decided about.
type candidate struct {
	offer      *live.Offer
	partner    *live.Partner
	advertiser *live.Advertiser // nil if it does not exist
}

// refusals are the reasons not to serve a known offer and partner, in the order
// of docs/rules.md: the first that holds is given.
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

// decide finds out about the visit's offer and partner. All of it follows from the
// candidate and the network's Body, which are what tells whether it still stands.
func (v *visit) decide(c candidate, event snapshot.CapMetric) pair {
	caps := capsOf(c.offer, c.partner, func(limit *snapshot.Cap) bool { return limit.Metric == event })
	p := pair{
		candidate: c, build: v.index.Build(), reason: c.refusal(), caps: capKeys(v.network, c, caps),
		hash: c.offer.Hash, partnerHash: c.partner.Hash, advertiserHash: live.AdvertiserHash(v.network.Name, c.offer.Body.Advertiser),
	}
	context := journal.Context{
		Network: v.network.Name, TimeZone: v.network.Body.TimeZone,
		Offer: c.offer.Name, OfferID: c.offer.Body.TrackingID, Advertiser: c.offer.Body.Advertiser,
		Partner: c.partner.Name, PartnerID: c.partner.Body.TrackingID, Currency: c.offer.Body.Currency,
		Caps: caps,
	}
	if event == snapshot.CapClicks {
		context.Payout, context.Revenue = c.offer.Body.ClickPayout, c.offer.Body.ClickRevenue
		p.destination, p.hours = v.ownDestination(), c.offer.Body.Attribution.ClickLookbackHours
	} else {
		context.Payout, context.Revenue = c.offer.Body.ImpressionPayout, c.offer.Body.ImpressionRevenue
		p.destinations, p.hours = c.offer.ImpressionDestinations(), c.offer.Body.Attribution.ImpressionLookbackHours
		if p.reason == "" && !c.offer.Body.Impressions {
			p.reason = reasonImpressionsDisabled
		}
	}
	p.context = context.Prepared()
	return p
}

// ownDestination is the offer's destination with the macros expanded that the
// configuration decides, nil if it cannot be served.
func (v *visit) ownDestination() *macro.Template {
	if t := v.offer.Destination(); t != nil {
		return t.Bind(names, v)
	}
	return nil
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
