package live

import (
	"net/netip"

	"github.com/waypost/waypost/api/snapshot"
)

// Partner is a partner. Partners are immutable.
type Partner struct {
	// Name is the object's name, Body its content.
	Name string
	Body *snapshot.Partner
	// Deleted is true for a tombstone and for state Deleted; Body.State is Deleted in
	// both cases.
	Deleted bool
	// Hash is snapshot.PartnerHash of the partner, as click ids carry it.
	Hash    uint64
	network *string
}

func (p *Partner) key() snapshot.Key {
	return snapshot.Key{Kind: snapshot.KindPartner, Network: *p.network, ID: p.Body.TrackingID}
}

// precedes decides between two partners of one name.
func (p *Partner) precedes(other *Partner) bool {
	if p.Deleted != other.Deleted {
		return other.Deleted
	}
	return p.Body.TrackingID < other.Body.TrackingID
}

// Advertiser is an advertiser. Advertisers are immutable.
type Advertiser struct {
	// Name is the object's name, Body its content.
	Name string
	Body *snapshot.Advertiser
	// Deleted is true for a tombstone and for state Deleted; Body.State is Deleted in
	// both cases.
	Deleted bool
	// Prefixes are the allowed sources of postbacks; none allows every address.
	Prefixes []netip.Prefix
	network  *string
}

func (a *Advertiser) key() snapshot.Key {
	return snapshot.Key{Kind: snapshot.KindAdvertiser, Network: *a.network, ID: a.Name}
}

// structure is a payout structure under its name.
type structure struct {
	network *string
	name    string
	body    *snapshot.PayoutStructure
}

func (s *structure) key() snapshot.Key {
	return snapshot.Key{Kind: snapshot.KindPayoutStructure, Network: *s.network, ID: s.name}
}
