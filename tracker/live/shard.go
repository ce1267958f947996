package live

import (
	"fmt"
	"hash/maphash"

	"github.com/waypost/waypost/api/snapshot"
)

// maxEntriesHint bounds what is allocated on a manifest's word alone.
const maxEntriesHint = 16 << 10

// shard is what an index remembers of one shard: enough to find, when the shard
// changes, which of its records did.
type shard struct {
	digest  string // "" for an empty shard
	entries []entry
}

// entry ties an object to the bytes that it was decoded from.
type entry struct {
	sum    uint64 // of the record's bytes, keyed with the index's seed
	object object
}

// change is what becomes of one shard.
type change struct {
	index   int
	next    shard
	removed []object
	added   []object
}

// changeOf compares a shard with its next content. Records with equal bytes keep their
// object and are not decoded. Bytes are compared by a 64-bit sum, keyed with the
// index's random seed, so that equal sums of different records cannot be prepared. A
// sum is used up when it is found: what is left at the end are the removed objects.
// Fewer or more records than the manifest has for the shard are ErrShardCorrupt.
func changeOf(was shard, ref snapshot.ShardRef, content snapshot.Content, seed maphash.Seed, in *interner) (change, error) {
	c := change{index: ref.Index, next: shard{digest: ref.Digest, entries: make([]entry, 0, min(ref.Records, maxEntriesHint))}}
	old := make(map[uint64]object, len(was.entries))
	for _, e := range was.entries {
		old[e.sum] = e.object
	}
	known := func(raw []byte) (snapshot.Key, bool) {
		sum := maphash.Bytes(seed, raw)
		o, ok := old[sum]
		if !ok {
			return snapshot.Key{}, false
		}
		delete(old, sum)
		c.next.entries = append(c.next.entries, entry{sum, o})
		return o.key(), true
	}
	fresh := func(r *snapshot.Record, raw []byte) error {
		o, err := objectOf(r, in)
		if err != nil {
			return err
		}
		c.next.entries = append(c.next.entries, entry{maphash.Bytes(seed, raw), o})
		c.added = append(c.added, o)
		return nil
	}
	if len(old) == 0 {
		known = nil
	}
	if err := content.Walk(ref.Index, known, fresh); err != nil {
		return change{}, err
	}
	if len(c.next.entries) != ref.Records {
		return change{}, fmt.Errorf("%w: %d records, the manifest has %d", snapshot.ErrShardCorrupt, len(c.next.entries), ref.Records)
	}
	for _, o := range old {
		c.removed = append(c.removed, o)
	}
	return c, nil
}

// emptied is the change to a shard that the next manifest does not name.
func emptied(index int, was shard) change {
	c := change{index: index}
	for _, e := range was.entries {
		c.removed = append(c.removed, e.object)
	}
	return c
}
