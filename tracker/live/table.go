package live

import "math/bits"

// bucketLoad is how many slots a bucket has on average before a table doubles.
const bucketLoad = 12

// slot is one value of a table under its 64-bit hash.
type slot[V any] struct {
	hash  uint64
	value *V
}

// table is an immutable hash table of pointers. Hashes may repeat (two objects of one
// name, a collision), so a reader compares what it finds in the bucket. An edited table
// shares all buckets that the edit did not touch.
//
// It takes the place of a Go map because a map cannot be shared in part: a copy of one
// with 100,000 offers for each edit would cost more than all the rest of the edit.
type table[V any] struct {
	buckets [][]slot[V] // a power of two of them, or none
	count   int
}

// bucket returns the slots among which those with this hash are.
func (t *table[V]) bucket(hash uint64) []slot[V] {
	if len(t.buckets) == 0 {
		return nil
	}
	return t.buckets[place(hash, len(t.buckets))]
}

// place picks a bucket by the upper bits; the lower ones chose the shard.
func place(hash uint64, buckets int) int {
	return int(hash >> (64 - bits.TrailingZeros(uint(buckets))))
}

// editor makes the next table from a previous one, copying each bucket before
// its first change.
type editor[V any] struct {
	table  table[V]
	shared bool     // buckets still belongs to the previous table
	owned  []uint64 // bitmap of buckets copied since
}

// edit begins with the buckets of t, which are copied at the first change.
func edit[V any](t table[V]) *editor[V] { return &editor[V]{table: t, shared: true} }

// put adds value under hash.
func (e *editor[V]) put(hash uint64, value *V) {
	if e.table.count >= bucketLoad*len(e.table.buckets) {
		e.grow()
	}
	b := e.own(hash)
	*b = append(*b, slot[V]{hash, value})
	e.table.count++
}

// remove takes value, found by identity, out again.
func (e *editor[V]) remove(hash uint64, value *V) {
	for i, s := range e.table.bucket(hash) {
		if s.value != value {
			continue
		}
		b := e.own(hash)
		last := len(*b) - 1
		(*b)[i] = (*b)[last]
		(*b)[last] = slot[V]{}
		*b = (*b)[:last]
		e.table.count--
		return
	}
}

// replace exchanges was, found by identity, for value.
func (e *editor[V]) replace(hash uint64, was, value *V) {
	for i, s := range e.table.bucket(hash) {
		if s.value == was {
			(*e.own(hash))[i].value = value
			return
		}
	}
}

// own returns the bucket of hash, safe to change. The first call of an edit copies the
// list of buckets, the first for a bucket also that bucket; a bitmap notes which are
// copied.
func (e *editor[V]) own(hash uint64) *[]slot[V] {
	if e.shared {
		e.table.buckets = append([][]slot[V](nil), e.table.buckets...)
		e.owned = make([]uint64, (len(e.table.buckets)+63)/64)
		e.shared = false
	}
	i := place(hash, len(e.table.buckets))
	if e.owned[i/64]&(1<<(i%64)) == 0 {
		b := e.table.buckets[i]
		e.table.buckets[i] = append(make([]slot[V], 0, len(b)+1), b...)
		e.owned[i/64] |= 1 << (i % 64)
	}
	return &e.table.buckets[i]
}

// grow doubles the number of buckets; the new ones are all owned. It costs the whole
// table, and so is left to the moment when buckets hold bucketLoad slots on average.
func (e *editor[V]) grow() {
	was := e.table.buckets
	n := max(1, 2*len(was))
	e.table.buckets = make([][]slot[V], n)
	for _, b := range was {
		for _, s := range b {
			i := place(s.hash, n)
			e.table.buckets[i] = append(e.table.buckets[i], s)
		}
	}
	e.owned = make([]uint64, (n+63)/64)
	for i := range e.owned {
		e.owned[i] = ^uint64(0)
	}
	e.shared = false
}
