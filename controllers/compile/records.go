package compile

import (
	"reflect"
	"slices"
	"time"

	"github.com/waypost/waypost/api/snapshot"
)

// minimumRetention is how long tombstones stay at least: the longest look-back
// where no offer has a longer one.
const minimumRetention = 30 * 24 * time.Hour

// records holds the records of one network: those of objects, and tombstones.
// Every change goes through set, so the counts beside the records are always right.
//
// A tombstone is the record of a deleted Offer or Partner. Click ids in the wild hold
// only a hash of its tracking id, and without a record of that hash a postback could not
// be attributed. It stays as long as a click may convert, the longest look-back of the
// network's offers, and at least 30 days.
type records struct {
	byKey map[snapshot.Key]entry
	// tombstones are those of Offers and Partners.
	tombstones tombstones
	// overdue is since when the first of them is to expire, zero while none is; it does
	// once that has been so for settle.
	overdue time.Time
	settle  time.Duration
	// uses counts the records that name an Advertiser or PayoutStructure.
	uses map[ref]useCount
	// lookbacks counts the offers by their look-back in hours.
	lookbacks map[int32]int
	// before are the records under the keys that the current compilation has
	// touched, as they were when it began.
	before map[snapshot.Key]*snapshot.Record
}

// entry is a record and the node that owns it; a tombstone has no owner.
type entry struct {
	record *snapshot.Record
	owner  *node
}

// useCount counts records that name something: served ones, and tombstones.
type useCount struct{ served, tombs int }

func newRecords(settle time.Duration) records {
	return records{
		settle:     settle,
		byKey:      map[snapshot.Key]entry{},
		tombstones: tombstones{keys: map[snapshot.Key]int64{}, names: map[ref]int{}},
		uses:       map[ref]useCount{},
		lookbacks:  map[int32]int{},
		before:     map[snapshot.Key]*snapshot.Record{},
	}
}

// put serves record as the form of n, nil for none. What was served under
// another key is dropped.
func (s *records) put(n *node, record *snapshot.Record) {
	if n.record == record || n.record != nil && record != nil && reflect.DeepEqual(n.record, record) {
		return
	}
	if n.record != nil && (record == nil || n.record.Key() != record.Key()) {
		s.replace(n, entry{})
	}
	n.record = record
	if record != nil {
		s.set(record.Key(), entry{record, n})
	}
}

// entomb replaces what is served of n by a tombstone, unless its key is another
// object's by now.
func (s *records) entomb(n *node, now int64) { s.replace(n, entry{record: tombstone(n.record, now)}) }

// replace takes away what is served of n, and puts e under its key.
func (s *records) replace(n *node, e entry) {
	if key := n.record.Key(); s.byKey[key].owner == n {
		s.set(key, e)
	}
	n.record = nil
}

// inherit takes a record of before the start, which is no change. A tombstone has
// no node.
func (s *records) inherit(n *node, r *snapshot.Record) {
	s.set(r.Key(), entry{r, n})
	delete(s.before, r.Key())
	if n != nil {
		n.record = r
	}
}

// clear takes everything away.
func (s *records) clear() {
	for key, e := range s.byKey {
		if e.owner != nil {
			e.owner.record = nil
		}
		s.set(key, entry{})
	}
}

// set changes what is under a key; the zero entry is nothing.
func (s *records) set(key snapshot.Key, e entry) {
	old := s.byKey[key]
	if _, touched := s.before[key]; !touched {
		s.before[key] = old.record
	}
	s.count(key, old.record, -1)
	s.count(key, e.record, +1)
	if e.record == nil {
		delete(s.byKey, key)
		return
	}
	s.byKey[key] = e
}

// count adds a record to the counts, or takes it away.
func (s *records) count(key snapshot.Key, r *snapshot.Record, by int) {
	if r == nil {
		return
	}
	tombstone := r.Tombstone() && ruleOf[r.Kind].deleted == entomb
	switch {
	case tombstone && by > 0:
		s.tombstones.add(key, r)
	case tombstone:
		s.tombstones.remove(key, r)
	}
	for _, name := range namedBy(r) {
		c := s.uses[name]
		if tombstone {
			c.tombs += by
		} else {
			c.served += by
		}
		s.uses[name] = c
		if c == (useCount{}) {
			delete(s.uses, name)
		}
	}
	if r.Offer != nil {
		bump(s.lookbacks, r.Offer.Attribution.ClickLookbackHours, by)
		bump(s.lookbacks, r.Offer.Attribution.ImpressionLookbackHours, by)
	}
}

// bump adds to a counter and forgets it at zero.
func bump[K comparable](counts map[K]int, key K, by int) {
	counts[key] += by
	if counts[key] == 0 {
		delete(counts, key)
	}
}

// namedBy returns the Advertiser and the PayoutStructures that a record names.
func namedBy(r *snapshot.Record) []ref {
	var names []ref
	goal := r.Goal
	if r.Offer != nil {
		names = append(names, ref{snapshot.KindAdvertiser, r.Offer.Advertiser})
		goal = r.Offer.DefaultGoal
	}
	if goal == nil {
		return names
	}
	for _, structure := range []string{goal.Payout.Structure, goal.Revenue.Structure} {
		if structure != "" {
			names = append(names, ref{snapshot.KindPayoutStructure, structure})
		}
	}
	return names
}

// changes returns what the compilation did to the records, and begins a new one.
func (s *records) changes() (upserted []*snapshot.Record, removed []snapshot.Key) {
	for key, before := range s.before {
		switch e := s.byKey[key]; {
		case e.record == nil && before != nil:
			removed = append(removed, key)
		case e.record != nil && (before == nil || e.record != before && !reflect.DeepEqual(e.record, before)):
			upserted = append(upserted, e.record)
		}
	}
	clear(s.before)
	slices.SortFunc(upserted, compareRecords)
	slices.SortFunc(removed, snapshot.Key.Compare)
	return upserted, removed
}

// retention returns how long tombstones stay: the longest look-back of the
// network's offers, those that are gone included.
func (s *records) retention() time.Duration {
	longest := minimumRetention
	for hours := range s.lookbacks {
		longest = max(longest, time.Duration(hours)*time.Hour)
	}
	return longest
}

// nextExpiry returns when the first tombstone expires, false without tombstones.
func (s *records) nextExpiry() (time.Time, bool) {
	first, ok := s.tombstones.first()
	if !s.overdue.IsZero() {
		return s.overdue.Add(s.settle), ok
	}
	return time.Unix(first, 0).Add(s.retention()), ok
}

// expire removes the tombstones whose time is over, and has been for long enough: a
// clock that leaps takes none.
func (s *records) expire(now time.Time) {
	first, ok := s.tombstones.first()
	limit := now.Add(-s.retention()).Unix()
	if !ok || first > limit {
		s.overdue = time.Time{}
		return
	}
	if s.overdue.IsZero() {
		s.overdue = now
	}
	if now.Sub(s.overdue) < s.settle { // by the monotonic clock
		return
	}
	for key, deleted := range s.tombstones.keys {
		if deleted <= limit {
			s.set(key, entry{})
		}
	}
	s.overdue = time.Time{}
}
