package live

import (
	"slices"

	"github.com/waypost/waypost/api/snapshot"
)

// setPayouts changes the list of the records of p's partner. The list is replaced and
// not changed in place, because the index that is served may have it.
func (b *build) setPayouts(p *payout, change func([]*payout) []*payout) {
	hash := snapshot.NameHash(snapshot.KindPartner, *p.network, p.partner)
	for _, s := range b.payouts.table.bucket(hash) {
		if s.hash != hash || s.value.network != *p.network || s.value.partner != p.partner {
			continue
		}
		if list := change(s.value.payouts); len(list) > 0 {
			b.payouts.replace(hash, s.value, &payoutList{*p.network, p.partner, list})
		} else {
			b.payouts.remove(hash, s.value)
		}
		return
	}
	if list := change(nil); len(list) > 0 {
		b.payouts.put(hash, &payoutList{*p.network, p.partner, list})
	}
}

// with returns list and p in their order, in memory of its own. A tombstone
// overrides nothing and is left out.
func with(list []*payout, p *payout) []*payout {
	if p.deleted {
		return list
	}
	next := append(slices.Clone(list), p)
	slices.SortFunc(next, (*payout).compare)
	return next
}

// without returns list without p, in memory of its own.
func without(list []*payout, p *payout) []*payout {
	return slices.DeleteFunc(slices.Clone(list), func(o *payout) bool { return o == p })
}
