package live

import (
	"slices"

	"github.com/waypost/waypost/api/snapshot"
)

// setPayouts changes the list of PartnerPayout records of r's partner.
func (b *build) setPayouts(r *snapshot.Record, change func([]*snapshot.Record) []*snapshot.Record) {
	partner := r.PartnerPayout.Partner
	hash := snapshot.NameHash(snapshot.KindPartner, r.Network, partner)
	for _, s := range b.payouts.table.bucket(hash) {
		if s.hash != hash || s.value.network != r.Network || s.value.partner != partner {
			continue
		}
		if records := change(s.value.records); len(records) > 0 {
			b.payouts.replace(hash, s.value, &payoutList{r.Network, partner, records})
		} else {
			b.payouts.remove(hash, s.value)
		}
		return
	}
	if records := change(nil); len(records) > 0 {
		b.payouts.put(hash, &payoutList{r.Network, partner, records})
	}
}

// comparePayouts orders a partner's PartnerPayout records: the older object
// first, then the smaller name.
func comparePayouts(a, b *snapshot.Record) int {
	if a.PartnerPayout.CreatedAt != b.PartnerPayout.CreatedAt {
		if a.PartnerPayout.CreatedAt < b.PartnerPayout.CreatedAt {
			return -1
		}
		return 1
	}
	return a.Key().Compare(b.Key())
}

// with returns records and r in their order, in memory of its own. A tombstone
// overrides nothing and is left out.
func with(records []*snapshot.Record, r *snapshot.Record) []*snapshot.Record {
	if r.Tombstone() {
		return records
	}
	next := append(slices.Clone(records), r)
	slices.SortFunc(next, comparePayouts)
	return next
}

// without returns records without r, in memory of its own.
func without(records []*snapshot.Record, r *snapshot.Record) []*snapshot.Record {
	return slices.DeleteFunc(slices.Clone(records), func(o *snapshot.Record) bool { return o == r })
}
