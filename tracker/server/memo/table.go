package memo

import "sync/atomic"

// Table is a cache in which each key has two slots, chosen by the lower and the
// upper half of its hash: with one, every fourth key of a table that is half full
// would share its slot and push the other out. Safe for concurrent use. The hash is
// the caller's, because only the caller can hash a key without allocating.
type Table[K comparable, V any] struct {
	slots []atomic.Pointer[entry[K, V]]
	mask  uint64
}

type entry[K comparable, V any] struct {
	key   K
	value V
}

// New returns a table with at least size slots (rounded up to a power of two).
func New[K comparable, V any](size int) *Table[K, V] {
	n := 1
	for n < size {
		n <<= 1
	}
	return &Table[K, V]{slots: make([]atomic.Pointer[entry[K, V]], n), mask: uint64(n - 1)}
}

// Get returns the value that was put for key if one of its slots still holds it, else
// nil. It must not be changed: it lies beside its key, so that a large value is not
// copied and the processor waits for one place in memory instead of two.
func (t *Table[K, V]) Get(hash uint64, key *K) *V {
	if e := t.slots[hash&t.mask].Load(); e != nil && e.key == *key {
		return &e.value
	}
	if e := t.slots[hash>>32&t.mask].Load(); e != nil && e.key == *key {
		return &e.value
	}
	return nil
}

// Put remembers value for key, in its second slot if only that one is free or the
// key's own, and returns what Get will. The table keeps key and value: they must not
// point into memory that is reused.
func (t *Table[K, V]) Put(hash uint64, key K, value V) *V {
	first, second := &t.slots[hash&t.mask], &t.slots[hash>>32&t.mask]
	slot := first
	if e := first.Load(); e != nil && e.key != key {
		if other := second.Load(); other == nil || other.key == key {
			slot = second
		}
	}
	e := &entry[K, V]{key: key, value: value}
	slot.Store(e)
	return &e.value
}
