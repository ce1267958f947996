package live

import (
	"slices"
	"strings"
	"time"

	"github.com/waypost/waypost/api/macro"
	"github.com/waypost/waypost/api/snapshot"
)

// Network is one network in one index. All look-ups are exact, allocate nothing
// (but for Payouts), keep nothing of their arguments (so these may share memory with
// a request), and are safe for concurrent use. What is not there is nil.
type Network struct {
	// Name is the namespace of the network, Body its Network object (or the defaults),
	// Location its time zone.
	Name     string
	Body     *snapshot.Network
	Location *time.Location

	fallback *macro.Template
	tables   *tables
}

// Unclaimed returns the network of hosts that no network claims: it has no name and
// no objects, so nothing is served there and no id is of it.
func Unclaimed() *Network {
	return &Network{Body: &snapshot.Network{}, Location: time.UTC, tables: &tables{}}
}

// tables are the objects of all networks; hashes include the network's name.
type tables struct {
	offersByHash   table[Offer]
	offersByName   table[Offer]
	partnersByHash table[Partner]
	partnersByName table[Partner]
	advertisers    table[Advertiser]
	structures     table[structure]
	payouts        table[payoutList] // by partner name
	goals          table[goalSet]    // by offer name
}

// Offer returns the offer with this tracking id. Deleted offers are found.
func (n *Network) Offer(trackingID string) *Offer {
	hash := snapshot.OfferHash(n.Name, trackingID)
	for _, s := range n.tables.offersByHash.bucket(hash) {
		if s.hash == hash && *s.value.network == n.Name && s.value.Body.TrackingID == trackingID {
			return s.value
		}
	}
	return nil
}

// OfferByHash returns the offer that a click id names by its hash.
func (n *Network) OfferByHash(hash uint64) *Offer {
	for _, s := range n.tables.offersByHash.bucket(hash) {
		if s.hash == hash && *s.value.network == n.Name {
			return s.value
		}
	}
	return nil
}

// OfferByName returns the offer with this object name. Of two, one deleted and
// recreated under another tracking id, it is the one that is not deleted; of two
// deleted ones that with the smaller tracking id.
func (n *Network) OfferByName(name string) *Offer {
	hash := snapshot.NameHash(snapshot.KindOffer, n.Name, name)
	var found *Offer
	for _, s := range n.tables.offersByName.bucket(hash) {
		if s.hash == hash && *s.value.network == n.Name && s.value.Name == name && (found == nil || s.value.precedes(found)) {
			found = s.value
		}
	}
	return found
}

// Partner returns the partner with this tracking id. Deleted partners are found.
func (n *Network) Partner(trackingID string) *Partner {
	hash := snapshot.PartnerHash(n.Name, trackingID)
	for _, s := range n.tables.partnersByHash.bucket(hash) {
		if s.hash == hash && *s.value.network == n.Name && s.value.Body.TrackingID == trackingID {
			return s.value
		}
	}
	return nil
}

// PartnerByHash returns the partner that a click id names by its hash.
func (n *Network) PartnerByHash(hash uint64) *Partner {
	for _, s := range n.tables.partnersByHash.bucket(hash) {
		if s.hash == hash && *s.value.network == n.Name {
			return s.value
		}
	}
	return nil
}

// PartnerByName returns the partner with this object name, as OfferByName.
func (n *Network) PartnerByName(name string) *Partner {
	hash := snapshot.NameHash(snapshot.KindPartner, n.Name, name)
	var found *Partner
	for _, s := range n.tables.partnersByName.bucket(hash) {
		if s.hash == hash && *s.value.network == n.Name && s.value.Name == name && (found == nil || s.value.precedes(found)) {
			found = s.value
		}
	}
	return found
}

// Advertiser returns the advertiser with this object name.
func (n *Network) Advertiser(name string) *Advertiser {
	hash := snapshot.NameHash(snapshot.KindAdvertiser, n.Name, name)
	for _, s := range n.tables.advertisers.bucket(hash) {
		if s.hash == hash && *s.value.network == n.Name && s.value.Name == name {
			return s.value
		}
	}
	return nil
}

// Structure returns the payout structure with this object name.
func (n *Network) Structure(name string) *snapshot.PayoutStructure {
	hash := snapshot.NameHash(snapshot.KindPayoutStructure, n.Name, name)
	for _, s := range n.tables.structures.bucket(hash) {
		if s.hash == hash && *s.value.network == n.Name && s.value.name == name {
			return s.value.body
		}
	}
	return nil
}

// Payouts returns the PartnerPayout records of the partner with this object name,
// the oldest object first, each with its overrides for the offer with this object
// name; one without any is left out. Unlike what other look-ups return they are made
// at each call. Whether an override's window holds is decided by pricing.
func (n *Network) Payouts(partner, offer string) []*snapshot.Record {
	var records []*snapshot.Record
	for _, p := range n.payouts(partner) {
		if r := p.record(offer); r != nil {
			records = append(records, r)
		}
	}
	return records
}

// payouts returns the PartnerPayout records of a partner, in their order.
func (n *Network) payouts(partner string) []*payout {
	hash := snapshot.NameHash(snapshot.KindPartner, n.Name, partner)
	for _, s := range n.tables.payouts.bucket(hash) {
		if s.hash == hash && s.value.network == n.Name && s.value.partner == partner {
			return s.value.payouts
		}
	}
	return nil
}

// Offers returns the network's offers by tracking id, deleted ones too. It looks
// at every offer of every network: for start-up messages and commands only.
func (n *Network) Offers() []*Offer {
	var offers []*Offer
	for _, b := range n.tables.offersByHash.buckets {
		for _, s := range b {
			if *s.value.network == n.Name {
				offers = append(offers, s.value)
			}
		}
	}
	slices.SortFunc(offers, func(a, b *Offer) int { return strings.Compare(a.Body.TrackingID, b.Body.TrackingID) })
	return offers
}

// Partners returns the network's partners by tracking id, as Offers.
func (n *Network) Partners() []*Partner {
	var partners []*Partner
	for _, b := range n.tables.partnersByHash.buckets {
		for _, s := range b {
			if *s.value.network == n.Name {
				partners = append(partners, s.value)
			}
		}
	}
	slices.SortFunc(partners, func(a, b *Partner) int { return strings.Compare(a.Body.TrackingID, b.Body.TrackingID) })
	return partners
}
