package engine

import (
	"reflect"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/controllers/compile"
	"github.com/waypost/waypost/controllers/publish"
	"github.com/waypost/waypost/controllers/status"
)

// book keeps the records: what is to be served, and how that differs from what
// is published. While a network is held or a revision is pinned the difference
// grows; nothing else remembers what is published.
type book struct {
	shards [snapshot.Shards]shard
	// live counts the published offers of each network, without tombstones.
	live map[string]int
	// open counts, for each object, its records that differ from the published ones.
	open map[status.Key]int
}

// shard is the part of the records that is published together.
type shard struct {
	wanted map[snapshot.Key]*snapshot.Record
	// published is the published form of the records that differ, nil for one
	// that is not published.
	published map[snapshot.Key]*snapshot.Record
	// repair says that the shard must be written although nothing differs.
	repair bool
}

func newBook() *book {
	b := &book{live: map[string]int{}, open: map[status.Key]int{}}
	for i := range b.shards {
		b.shards[i] = shard{wanted: map[snapshot.Key]*snapshot.Record{}, published: map[snapshot.Key]*snapshot.Record{}}
	}
	return b
}

// load takes the records that are published.
func (b *book) load(records []*snapshot.Record) {
	for _, r := range records {
		key := r.Key()
		b.shards[snapshot.ShardOf(key)].wanted[key] = r
		b.count(r, +1)
	}
}

// apply takes what a compilation changed.
func (b *book) apply(delta compile.Delta) {
	for _, r := range delta.Upserted {
		b.want(r.Key(), r)
	}
	for _, key := range delta.Removed {
		b.want(key, nil)
	}
}

// want changes what is to be served under a key; nil is nothing.
func (b *book) want(key snapshot.Key, r *snapshot.Record) {
	s := &b.shards[snapshot.ShardOf(key)]
	old := s.wanted[key]
	published, differed := s.published[key]
	if !differed {
		published = old
	}
	if r == nil {
		delete(s.wanted, key)
	} else {
		s.wanted[key] = r
	}
	b.note(s, key, old, published, differed, -1)
	b.note(s, key, r, published, !equal(r, published), +1)
}

// note enters under a key whether the wanted form differs from the published
// one (by +1), or takes that back (-1).
func (b *book) note(s *shard, key snapshot.Key, wanted, published *snapshot.Record, differs bool, by int) {
	if !differs {
		return
	}
	if by > 0 {
		s.published[key] = published
	} else {
		delete(s.published, key)
	}
	for _, object := range objectsOf(wanted, published) {
		if b.open[object] += by; b.open[object] == 0 {
			delete(b.open, object)
		}
	}
}

// equal compares two forms; nil is none.
func equal(a, b *snapshot.Record) bool {
	switch {
	case a == b:
		return true
	case a == nil || b == nil || a.Generation != b.Generation || a.UID != b.UID:
		return false
	}
	return reflect.DeepEqual(a, b)
}

// objectsOf returns the objects that two forms of a record belong to: one, or
// two where a tracking id went from one object to another.
func objectsOf(a, b *snapshot.Record) []status.Key {
	var keys []status.Key
	for _, r := range []*snapshot.Record{a, b} {
		if r == nil {
			continue
		}
		if key := objectOf(r); len(keys) == 0 || keys[0] != key {
			keys = append(keys, key)
		}
	}
	return keys
}

func objectOf(r *snapshot.Record) status.Key {
	return status.Key{Kind: r.Kind, Namespace: r.Network, Name: r.Name}
}

// differs reports whether the object's form is not the published one.
func (b *book) differs(object status.Key) bool { return b.open[object] > 0 }

// contents returns the shards to publish. Of networks that are held the
// published records stay.
func (b *book) contents(held func(network string) bool) []publish.Content {
	var all []publish.Content
	for i := range b.shards {
		if s := &b.shards[i]; s.repair || s.changed(held) {
			all = append(all, s.content(i, held))
		}
	}
	return all
}

// changed reports whether something differs that may be published.
func (s *shard) changed(held func(string) bool) bool {
	for key := range s.published {
		if !held(key.Network) {
			return true
		}
	}
	return false
}

func (s *shard) content(index int, held func(string) bool) publish.Content {
	c := publish.Content{
		Index:   index,
		Records: make([]*snapshot.Record, 0, len(s.wanted)),
		Before:  map[snapshot.Key]*snapshot.Record{},
	}
	for key, r := range s.wanted {
		if _, differs := s.published[key]; !differs || !held(key.Network) {
			c.Records = append(c.Records, r)
		}
	}
	for key, r := range s.published {
		switch {
		case !held(key.Network):
			c.Before[key] = r
		case r != nil:
			c.Records = append(c.Records, r)
		}
	}
	return c
}

// offers calls yield with every offer that would go (gone) or come if everything
// were published. An offer that was recreated under its tracking id does neither.
func (b *book) offers(yield func(network, id string, gone bool)) {
	for i := range b.shards {
		s := &b.shards[i]
		for key, published := range s.published {
			if was, is := live(published), live(s.wanted[key]); was != is {
				yield(key.Network, key.ID, was)
			}
		}
	}
}

// live reports whether a form is an offer that is not gone.
func live(r *snapshot.Record) bool { return r != nil && r.Offer != nil && !r.Tombstone() }

// commit says that the contents are published, but for the refused records.
func (b *book) commit(contents []publish.Content, refused []snapshot.Key) {
	left := make(map[snapshot.Key]bool, len(refused))
	for _, key := range refused {
		left[key] = true
	}
	for _, c := range contents {
		s := &b.shards[c.Index]
		s.repair = false
		for key, before := range c.Before {
			if left[key] {
				continue
			}
			b.count(before, -1)
			b.count(s.wanted[key], +1)
			b.note(s, key, s.wanted[key], before, true, -1)
		}
	}
}

// count adds an offer to those of its network, or takes it away.
func (b *book) count(r *snapshot.Record, by int) {
	if !live(r) {
		return
	}
	if b.live[r.Network] += by; b.live[r.Network] == 0 {
		delete(b.live, r.Network)
	}
}

// republish says that other records are published now: those of a rollback, in
// the shards with these indexes.
func (b *book) republish(indexes []int, records []*snapshot.Record) {
	published := make(map[int]map[snapshot.Key]*snapshot.Record, len(indexes))
	for _, i := range indexes {
		published[i] = map[snapshot.Key]*snapshot.Record{}
	}
	for _, r := range records {
		key := r.Key()
		published[snapshot.ShardOf(key)][key] = r
	}
	for i, records := range published {
		b.rebase(&b.shards[i], records)
	}
}

// rebase exchanges the published form of a shard.
func (b *book) rebase(s *shard, records map[snapshot.Key]*snapshot.Record) {
	for key := range s.keys() {
		before, differed := s.published[key]
		if !differed {
			before = s.wanted[key]
		}
		b.count(before, -1)
		b.note(s, key, s.wanted[key], before, differed, -1)
	}
	for key, r := range records {
		b.count(r, +1)
		b.note(s, key, s.wanted[key], r, !equal(s.wanted[key], r), +1)
	}
	for key, r := range s.wanted {
		if records[key] == nil {
			b.note(s, key, r, nil, true, +1)
		}
	}
}

// keys returns every key of a shard, wanted or published.
func (s *shard) keys() map[snapshot.Key]bool {
	keys := make(map[snapshot.Key]bool, len(s.wanted)+len(s.published))
	for key := range s.wanted {
		keys[key] = true
	}
	for key := range s.published {
		keys[key] = true
	}
	return keys
}

// repair says that shards must be written again, although nothing differs.
func (b *book) repair(indexes ...int) {
	for _, i := range indexes {
		b.shards[i].repair = true
	}
}

// repairAll is repair for every shard that is not empty.
func (b *book) repairAll() {
	for i := range b.shards {
		b.shards[i].repair = true
	}
}

// size returns how many records are to be served.
func (b *book) size() int {
	n := 0
	for i := range b.shards {
		n += len(b.shards[i].wanted)
	}
	return n
}
