package compile

import (
	"reflect"
	"slices"

	"github.com/waypost/waypost/api/snapshot"
)

// shelf holds the records of one network: those that objects own, and the
// tombstones that nobody owns any more. All changes of records go through it,
// so what they add up to is always known.
type shelf struct {
	records map[snapshot.Key]entry
	// tombstones are the keys of Offers and Partners that are gone; graves counts
	// them by object name.
	tombstones map[snapshot.Key]struct{}
	graves     map[ref]int
	// eldest is when the first of the tombstones was made (unix seconds);
	// eldestStale says that it must be looked for again.
	eldest      int64
	eldestStale bool
	// forgotten are the objects whose last tombstone is gone: nothing may be kept
	// for their sake any more.
	forgotten []ref
	// leftovers are Advertisers and PayoutStructures that are gone but served.
	leftovers map[*node]struct{}
	// uses counts which records name an Advertiser or PayoutStructure.
	uses map[ref]useCount
	// lookbacks counts the offers by their look-back in hours.
	lookbacks map[int32]int
	// before is what was on the shelf, when the current compilation began, under
	// the keys that it touched.
	before map[snapshot.Key]*snapshot.Record
}

// entry is a record and the node that owns it; a tombstone has no owner.
type entry struct {
	record *snapshot.Record
	owner  *node
}

// useCount counts records that name something: served ones, and tombstones.
type useCount struct{ served, tombs int }

func newShelf() shelf {
	return shelf{
		records:    map[snapshot.Key]entry{},
		tombstones: map[snapshot.Key]struct{}{},
		graves:     map[ref]int{},
		leftovers:  map[*node]struct{}{},
		uses:       map[ref]useCount{},
		lookbacks:  map[int32]int{},
		before:     map[snapshot.Key]*snapshot.Record{},
	}
}

// put serves record as the form of n, nil for none. What was served under
// another key is dropped.
func (s *shelf) put(n *node, record *snapshot.Record) {
	if n.record == record || n.record != nil && record != nil && reflect.DeepEqual(n.record, record) {
		return
	}
	if n.record != nil && (record == nil || n.record.Key() != record.Key()) {
		s.release(n)
	}
	n.record = record
	if record != nil {
		s.set(record.Key(), entry{record, n})
	}
}

// bury replaces what is served of n by a tombstone, unless somebody else has its
// key by now.
func (s *shelf) bury(n *node, now int64) {
	key := n.record.Key()
	if s.records[key].owner == n {
		s.set(key, entry{record: tombstone(n.record, now)})
	}
	n.record = nil
}

// release takes away what is served of n.
func (s *shelf) release(n *node) {
	if key := n.record.Key(); s.records[key].owner == n {
		s.set(key, entry{})
	}
	n.record = nil
}

// set changes what is under a key; the zero entry is nothing.
func (s *shelf) set(key snapshot.Key, e entry) {
	old := s.records[key]
	if _, touched := s.before[key]; !touched {
		s.before[key] = old.record
	}
	s.count(key, old, -1)
	s.count(key, e, +1)
	if e.record == nil {
		delete(s.records, key)
		return
	}
	s.records[key] = e
}

// count adds an entry to what the records add up to, or takes it away.
func (s *shelf) count(key snapshot.Key, e entry, by int) {
	r := e.record
	if r == nil {
		return
	}
	grave := r.Tombstone() && (r.Offer != nil || r.Partner != nil)
	if grave {
		s.countGrave(key, r, by)
	}
	for _, name := range namedBy(r) {
		c := s.uses[name]
		if grave {
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

// countGrave adds a tombstone to the others, or takes it away.
func (s *shelf) countGrave(key snapshot.Key, r *snapshot.Record, by int) {
	bump(s.graves, ref{r.Kind, r.Name}, by)
	if by > 0 {
		s.tombstones[key] = struct{}{}
		s.elder(r)
		return
	}
	if name := (ref{r.Kind, r.Name}); s.graves[name] == 0 {
		s.forgotten = append(s.forgotten, name)
	}
	delete(s.tombstones, key)
	s.eldestStale = s.eldestStale || r.DeletedAt == s.eldest
}

// elder takes note of the time of a tombstone.
func (s *shelf) elder(r *snapshot.Record) {
	if s.eldest == 0 || r.DeletedAt < s.eldest || len(s.tombstones) == 1 {
		s.eldest = r.DeletedAt
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

// known reports whether click ids of the object, served or gone, can be named.
func (s *space) known(kind snapshot.Kind, name string) bool {
	n := s.nodes[ref{kind, name}]
	return n != nil && n.record != nil || s.graves[ref{kind, name}] > 0
}

// changes returns what the compilation did to the records, and begins a new one.
func (s *shelf) changes() (upserted []*snapshot.Record, removed []snapshot.Key) {
	for key, before := range s.before {
		switch e := s.records[key]; {
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

// clear takes everything away.
func (s *shelf) clear() {
	for key, e := range s.records {
		if e.owner != nil {
			e.owner.record = nil
		}
		s.set(key, entry{})
	}
}
