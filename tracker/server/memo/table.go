package memo

import "sync/atomic"

// Table is a direct-mapped cache: each key has one slot, chosen by its hash, and
// the last key that was put there stays. Safe for concurrent use. The hash is the
// caller's, because only the caller can hash a key without allocating.
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

// Get returns the value that was put for key, if its slot still holds it.
func (t *Table[K, V]) Get(hash uint64, key K) (V, bool) {
	if e := t.slots[hash&t.mask].Load(); e != nil && e.key == key {
		return e.value, true
	}
	var zero V
	return zero, false
}

// Put remembers value for key. The table keeps key and value: they must not
// point into memory that is reused.
func (t *Table[K, V]) Put(hash uint64, key K, value V) {
	t.slots[hash&t.mask].Store(&entry[K, V]{key: key, value: value})
}
