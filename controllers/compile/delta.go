package compile

import (
	"slices"

	"github.com/waypost/waypost/api/snapshot"
)

// Delta is what one compilation changed.
type Delta struct {
	// Upserted are the new and changed records, tombstones included; Removed are
	// the keys without a record. Both are in the order of keys, and equal content
	// is no change.
	Upserted []*snapshot.Record
	Removed  []snapshot.Key
	// Verdicts are those that are new or differ from the last of their object, in
	// the order of network, kind and name. Objects that are gone have none.
	Verdicts []Verdict
}

// Apply returns records, which are in the order of their keys, as the compilation
// leaves them. It compares few of them; the slice that is given stays as it is.
func (d Delta) Apply(records []*snapshot.Record) []*snapshot.Record {
	upserted, removed := d.Upserted, d.Removed
	if len(upserted)+len(removed) == 0 {
		return records
	}
	applied := make([]*snapshot.Record, 0, len(records)+len(upserted))
	// keep copies the records before key, and leaves out the one that has it.
	keep := func(key snapshot.Key) {
		at, found := slices.BinarySearchFunc(records, key, func(r *snapshot.Record, key snapshot.Key) int { return r.Key().Compare(key) })
		applied, records = append(applied, records[:at]...), records[at:]
		if found {
			records = records[1:]
		}
	}
	for len(upserted)+len(removed) > 0 {
		if len(upserted) == 0 || len(removed) > 0 && removed[0].Compare(upserted[0].Key()) < 0 {
			keep(removed[0])
			removed = removed[1:]
			continue
		}
		keep(upserted[0].Key())
		applied = append(applied, upserted[0])
		upserted = upserted[1:]
	}
	return append(applied, records...)
}
