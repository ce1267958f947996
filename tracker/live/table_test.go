package live

import (
	"math/rand/v2"
	"testing"
)

// entries returns the values of a table by hash.
func entries(t *table[int]) map[uint64][]*int {
	all := map[uint64][]*int{}
	for _, b := range t.buckets {
		for _, s := range b {
			all[s.hash] = append(all[s.hash], s.value)
		}
	}
	return all
}

// A table must hold what a map would, and no edit may show in the table before it.
func TestTableAgainstMap(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var current table[int]
	model := map[uint64]*int{}
	for range 60 {
		before, beforeModel := current, clone(model)
		e := edit(current)
		for range random.IntN(200) {
			step(e, model, random)
		}
		current = e.table
		compareTable(t, &current, model)
		compareTable(t, &before, beforeModel)
	}
	if len(model) < 500 || len(current.buckets) < 64 {
		t.Errorf("%d values in %d buckets: the test did not grow the table", len(model), len(current.buckets))
	}
}

// step makes one random change to both.
func step(e *editor[int], model map[uint64]*int, random *rand.Rand) {
	value := new(int)
	for hash, was := range model { // any one
		switch random.IntN(6) {
		case 0:
			e.remove(hash, was)
			delete(model, hash)
			return
		case 1:
			e.replace(hash, was, value)
			model[hash] = value
			return
		}
		break
	}
	hash := random.Uint64()
	e.put(hash, value)
	model[hash] = value
}

func clone(m map[uint64]*int) map[uint64]*int {
	c := map[uint64]*int{}
	for k, v := range m {
		c[k] = v
	}
	return c
}

func compareTable(t *testing.T, table *table[int], model map[uint64]*int) {
	t.Helper()
	if table.count != len(model) || len(entries(table)) != len(model) {
		t.Fatalf("count %d, %d entries, want %d", table.count, len(entries(table)), len(model))
	}
	for hash, want := range model {
		found := false
		for _, s := range table.bucket(hash) {
			found = found || s.hash == hash && s.value == want
		}
		if !found {
			t.Fatalf("%#x is not found", hash)
		}
	}
}

func TestTableKeepsEqualHashesApart(t *testing.T) {
	a, b := new(int), new(int)
	e := edit(table[int]{})
	e.put(7, a)
	e.put(7, b)
	e.remove(7, a)
	if got := entries(&e.table)[7]; len(got) != 1 || got[0] != b {
		t.Errorf("after removing one of two: %v", got)
	}
	e.remove(7, a)
	e.replace(7, a, new(int))
	if got := entries(&e.table)[7]; len(got) != 1 || got[0] != b {
		t.Errorf("changing what is not there changed %v", got)
	}
}

func TestEmptyTable(t *testing.T) {
	var empty table[int]
	if empty.bucket(1) != nil {
		t.Error("an empty table has a bucket")
	}
	edit(empty).remove(1, new(int))
}

// An edit copies the buckets that it touches, not the table's content.
func TestEditSharesUntouchedBuckets(t *testing.T) {
	e := edit(table[int]{})
	for i := range 1000 {
		e.put(uint64(i)<<54, new(int))
	}
	was := e.table
	next := edit(was)
	next.put(0, new(int))
	copied := 0
	for i := range was.buckets {
		if len(was.buckets[i]) > 0 && &was.buckets[i][0] != &next.table.buckets[i][0] {
			copied++
		}
	}
	if copied != 1 {
		t.Errorf("%d of %d buckets copied", copied, len(was.buckets))
	}
}
