package live

import (
	"fmt"
	"net/netip"
	"time"
	_ "time/tzdata" // a snapshot must not depend on the tracker's machine

	"github.com/waypost/waypost/api/macro"
	"github.com/waypost/waypost/api/snapshot"
)

// object is what a record has become in an index.
type object interface {
	key() snapshot.Key
}

// network is a Network record; an index makes its Network from it.
type network struct {
	name     string // the namespace
	object   string // the Network object's name
	body     *snapshot.Network
	location *time.Location
	fallback *macro.Template
	deleted  bool
}

func (n *network) key() snapshot.Key {
	return snapshot.Key{Kind: snapshot.KindNetwork, Network: n.name, ID: n.object}
}

// objectOf turns a freshly decoded record, which it takes over, into an object.
// It fails when the record holds something that cannot be served from.
func objectOf(r *snapshot.Record, in *interner) (object, error) {
	switch r.Kind {
	case snapshot.KindNetwork:
		return networkOf(r)
	case snapshot.KindAdvertiser:
		return advertiserOf(r, in)
	case snapshot.KindPartner:
		return partnerOf(r, in), nil
	case snapshot.KindOffer:
		return offerOf(r, in), nil
	case snapshot.KindGoal:
		return goalOf(r, in), nil
	case snapshot.KindPartnerPayout:
		return payoutOf(r, in), nil
	case snapshot.KindPayoutStructure:
		return structureOf(r, in), nil
	}
	return nil, fmt.Errorf("record %s/%s is of the unknown kind %d", r.Network, r.Name, r.Kind)
}

// networkOf fails for a time zone that this program does not have: in another one the days
// and months of caps and reports would begin at other moments.
func networkOf(r *snapshot.Record) (object, error) {
	zone := r.NetworkBody.TimeZone
	if zone == "" {
		zone = "UTC"
	}
	location, err := time.LoadLocation(zone)
	if err != nil {
		return nil, fmt.Errorf("network %s: time zone: %w", r.Network, err)
	}
	return &network{
		name: r.Network, object: r.Name, body: r.NetworkBody, location: location,
		fallback: parse(r.NetworkBody.FallbackURL, macro.Offer), deleted: r.Tombstone(),
	}, nil
}

// advertiserOf fails for a source that cannot be read: without it good postbacks would be
// refused, and without any source all addresses let through.
func advertiserOf(r *snapshot.Record, in *interner) (object, error) {
	body := r.Advertiser
	a := &Advertiser{Name: in.one(r.Name), network: in.pointer(r.Network), Body: body, Deleted: deleted(r, &body.State)}
	for _, s := range body.Sources {
		prefix, err := netip.ParsePrefix(s)
		if err != nil {
			return nil, fmt.Errorf("advertiser %s/%s: postback source: %w", r.Network, r.Name, err)
		}
		a.Prefixes = append(a.Prefixes, prefix)
	}
	in.list(body.BlockedPartners)
	return a, nil
}

func partnerOf(r *snapshot.Record, in *interner) object {
	body := r.Partner
	in.text(&body.Tier)
	in.list(body.BlockedOffers)
	for i := range body.Postbacks {
		p := &body.Postbacks[i]
		in.text(&p.Name, &p.Offer, &p.Goal)
	}
	return &Partner{
		Name: in.one(r.Name), network: in.pointer(r.Network), Body: body, Deleted: deleted(r, &body.State),
		Hash: snapshot.PartnerHash(r.Network, body.TrackingID),
	}
}

// offerOf keeps the body as it is, but for the default goal, which has a form of its own.
// URLs are parsed at the first event (templates.go).
func offerOf(r *snapshot.Record, in *interner) object {
	body := r.Offer
	in.text(&body.Advertiser, &body.FallbackURL, &body.Currency)
	in.list(body.Approved)
	in.list(body.BlockedPartners)
	in.list(body.DeepLinkHosts)
	goal := newGoal("", r.Network, body.DefaultGoal, in)
	body.DefaultGoal = nil
	return &Offer{
		Name: in.one(r.Name), network: in.pointer(r.Network), Body: body, Deleted: deleted(r, &body.State),
		Hash: snapshot.OfferHash(r.Network, body.TrackingID), defaultGoal: goal, cache: new(templateCache),
	}
}

func goalOf(r *snapshot.Record, in *interner) object {
	deleted(r, &r.Goal.State)
	g := newGoal(r.Name, r.Network, r.Goal, in)
	return &g
}

func structureOf(r *snapshot.Record, in *interner) object {
	for _, rule := range r.Structure.Rules {
		in.list(rule.Partners)
	}
	return &structure{network: in.pointer(r.Network), name: r.Name, body: r.Structure}
}

// deleted reports whether the object is gone or Deleted, and sets the state of
// a tombstone to Deleted.
func deleted(r *snapshot.Record, state *snapshot.State) bool {
	if r.Tombstone() {
		*state = snapshot.Deleted
	}
	return *state == snapshot.Deleted
}
