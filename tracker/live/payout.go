package live

import (
	"cmp"
	"slices"
	"strings"

	"github.com/waypost/waypost/api/snapshot"
)

// payout is one PartnerPayout record in a third of its memory: a large network has
// millions of overrides, and few of them are ever asked for.
type payout struct {
	network   *string
	name      string
	partner   string
	createdAt int64 // as in the record
	deleted   bool  // the record is a tombstone
	overrides []override
}

// override is one of them. The names are those of many overrides, and offers; rest
// is the override without them, which others have in common with it.
type override struct {
	offer *string
	name  *string
	rest  *snapshot.Override
}

// payoutOf takes the overrides apart into what is shared and what is not.
func payoutOf(r *snapshot.Record, in *interner) object {
	body := r.PartnerPayout
	p := &payout{
		network: in.pointer(r.Network), name: r.Name, partner: in.one(body.Partner),
		createdAt: body.CreatedAt, deleted: r.Tombstone(), overrides: make([]override, len(body.Overrides)),
	}
	for i := range body.Overrides {
		o := &body.Overrides[i]
		p.overrides[i] = override{offer: in.pointer(o.Offer), name: in.pointer(o.Name), rest: in.override(*o)}
	}
	return p
}

func (p *payout) key() snapshot.Key {
	return snapshot.Key{Kind: snapshot.KindPartnerPayout, Network: *p.network, ID: p.name}
}

// compare orders a partner's records: the older object first, then the smaller name.
func (p *payout) compare(o *payout) int {
	return cmp.Or(cmp.Compare(p.createdAt, o.createdAt), p.key().Compare(o.key()))
}

// record is the record again, as far as prices follow from it, with the overrides
// for one offer; nil if there is none.
func (p *payout) record(offer string) *snapshot.Record {
	overrides := p.of(offer)
	if len(overrides) == 0 {
		return nil
	}
	body := &snapshot.PartnerPayout{Partner: p.partner, CreatedAt: p.createdAt, Overrides: make([]snapshot.Override, len(overrides))}
	for i, o := range overrides {
		body.Overrides[i] = o.decoded()
	}
	return &snapshot.Record{Kind: snapshot.KindPartnerPayout, Network: *p.network, Name: p.name, PartnerPayout: body}
}

// of returns the overrides for one offer; they are sorted by offer (see
// snapshot.PartnerPayout).
func (p *payout) of(offer string) []override {
	first, _ := slices.BinarySearchFunc(p.overrides, offer, func(o override, name string) int { return strings.Compare(*o.offer, name) })
	end := first
	for end < len(p.overrides) && *p.overrides[end].offer == offer {
		end++
	}
	return p.overrides[first:end]
}

// decoded is the override as its record has it.
func (o override) decoded() snapshot.Override {
	decoded := *o.rest
	decoded.Name, decoded.Offer = *o.name, *o.offer
	return decoded
}

// payoutList holds the PartnerPayout records of one partner in their order.
type payoutList struct {
	network, partner string
	payouts          []*payout
}
