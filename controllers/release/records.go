package release

import (
	"maps"
	"reflect"
	"slices"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/controllers/compile"
	"github.com/waypost/waypost/controllers/publish"
	"github.com/waypost/waypost/controllers/status"
)

// records holds what is to be served, and how that differs from what is
// published. While a network is held or a revision is pinned the difference
// grows; nothing else remembers what is published.
type records struct {
	shards [snapshot.Shards]shard
	// live counts the published offers of each network, without tombstones.
	live map[string]int
	// open counts, for each object, its records that differ from the published ones.
	open map[status.Key]int
}

// shard is the part of the records that is published together.
type shard struct {
	wanted map[snapshot.Key]*snapshot.Record
	// replaced is the published form of the records that differ, nil for one
	// that is not published.
	replaced map[snapshot.Key]*snapshot.Record
	// repair makes the shard be written although nothing differs.
	repair bool
}

func newRecords() *records {
	b := &records{live: map[string]int{}, open: map[status.Key]int{}}
	for i := range b.shards {
		b.shards[i] = shard{wanted: map[snapshot.Key]*snapshot.Record{}, replaced: map[snapshot.Key]*snapshot.Record{}}
	}
	return b
}

// load takes the records that are published.
func (b *records) load(records []*snapshot.Record) {
	for _, r := range records {
		b.enter(r.Key(), r, r)
	}
}

// apply takes what a compilation changed.
func (b *records) apply(delta compile.Delta) {
	for _, r := range delta.Upserted {
		b.enter(r.Key(), r, b.published(r.Key()))
	}
	for _, key := range delta.Removed {
		b.enter(key, nil, b.published(key))
	}
}

// wanted returns the form to be served under a key, nil for none.
func (b *records) wanted(key snapshot.Key) *snapshot.Record {
	return b.shards[snapshot.ShardOf(key)].wanted[key]
}

// published returns the form that is published under a key, nil for none.
func (b *records) published(key snapshot.Key) *snapshot.Record {
	s := &b.shards[snapshot.ShardOf(key)]
	if form, differs := s.replaced[key]; differs {
		return form
	}
	return s.wanted[key]
}

// enter sets both forms under a key, nil for none, and keeps the counts in step.
func (b *records) enter(key snapshot.Key, wanted, published *snapshot.Record) {
	s := &b.shards[snapshot.ShardOf(key)]
	before := b.published(key)
	if _, differed := s.replaced[key]; differed {
		b.count(s.wanted[key], before, -1)
		delete(s.replaced, key)
	}
	if wanted != nil {
		s.wanted[key] = wanted
	} else {
		delete(s.wanted, key)
	}
	if !equal(wanted, published) {
		s.replaced[key] = published
		b.count(wanted, published, +1)
	}
	b.offer(before, -1)
	b.offer(published, +1)
}

// offer adds an offer to those of its network, or takes it away.
func (b *records) offer(r *snapshot.Record, by int) {
	if !isLive(r) {
		return
	}
	if b.live[r.Network] += by; b.live[r.Network] == 0 {
		delete(b.live, r.Network)
	}
}

// count adds a difference to those of its objects, or takes it away. They are
// one, or two where a tracking id went from one object to another.
func (b *records) count(wanted, published *snapshot.Record, by int) {
	for i, r := range []*snapshot.Record{wanted, published} {
		if r == nil || i == 1 && wanted != nil && objectOf(wanted) == objectOf(r) {
			continue
		}
		key := objectOf(r)
		if b.open[key] += by; b.open[key] == 0 {
			delete(b.open, key)
		}
	}
}

func objectOf(r *snapshot.Record) status.Key {
	return status.Key{Kind: r.Kind, Namespace: r.Network, Name: r.Name}
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

// isLive reports whether a form is an offer that is not gone.
func isLive(r *snapshot.Record) bool { return r != nil && r.Offer != nil && !r.Tombstone() }

// differs reports whether the object's form is not the published one.
func (b *records) differs(object status.Key) bool { return b.open[object] > 0 }

// contents returns the shards to publish. Of networks that are held the
// published records stay.
func (b *records) contents(held func(network string) bool) []publish.Content {
	var all []publish.Content
	for i := range b.shards {
		if c := b.shards[i].content(i, held); len(c.Before) > 0 || b.shards[i].repair {
			all = append(all, c)
		}
	}
	return all
}

// content returns one shard as it is to be published. One without a difference is
// empty, unless it is to be repaired.
func (s *shard) content(index int, held func(string) bool) publish.Content {
	c := publish.Content{Index: index, Before: map[snapshot.Key]*snapshot.Record{}}
	for key, r := range s.replaced {
		if !held(key.Network) {
			c.Before[key] = r
		}
	}
	if len(c.Before) == 0 && !s.repair {
		return c
	}
	c.Records = make([]*snapshot.Record, 0, len(s.wanted))
	for key, r := range s.wanted {
		if _, differs := s.replaced[key]; !differs || !held(key.Network) {
			c.Records = append(c.Records, r)
		}
	}
	for key, r := range s.replaced {
		if r != nil && held(key.Network) {
			c.Records = append(c.Records, r)
		}
	}
	return c
}

// offers calls yield with every offer that would go (gone) or come if everything
// were published. An offer that was recreated under its tracking id does neither.
func (b *records) offers(yield func(network, id string, gone bool)) {
	for i := range b.shards {
		for key, published := range b.shards[i].replaced {
			if was, is := isLive(published), isLive(b.wanted(key)); was != is {
				yield(key.Network, key.ID, was)
			}
		}
	}
}

// commit notes that the contents are published, but for the refused records.
func (b *records) commit(contents []publish.Content, refused []snapshot.Key) {
	left := make(map[snapshot.Key]bool, len(refused))
	for _, key := range refused {
		left[key] = true
	}
	for _, c := range contents {
		b.shards[c.Index].repair = false
		for key := range c.Before {
			if wanted := b.wanted(key); !left[key] {
				b.enter(key, wanted, wanted)
			}
		}
	}
}

// republish notes that other records are published: those of a rollback, in the
// shards with these indexes.
func (b *records) republish(indexes []int, records []*snapshot.Record) {
	published := make(map[snapshot.Key]*snapshot.Record, len(records))
	for _, r := range records {
		published[r.Key()] = r
	}
	for _, i := range indexes {
		s := &b.shards[i]
		for _, key := range slices.AppendSeq(slices.Collect(maps.Keys(s.wanted)), maps.Keys(s.replaced)) {
			b.enter(key, s.wanted[key], published[key])
		}
	}
	for key, r := range published { // also those of objects that are gone since
		b.enter(key, b.wanted(key), r)
	}
}

// repair makes shards be written again, although nothing differs.
func (b *records) repair(indexes ...int) {
	for _, i := range indexes {
		b.shards[i].repair = true
	}
}

// repairAll is repair for every shard.
func (b *records) repairAll() {
	for i := range b.shards {
		b.shards[i].repair = true
	}
}
