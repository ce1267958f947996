package memo_test

import (
	"sync"
	"testing"

	"github.com/waypost/waypost/tracker/server/memo"
)

const upper = 1 << 32 // moves the second slot

func of(key string) *string { return &key }

func TestTableHasTwoSlotsForAKey(t *testing.T) {
	table := memo.New[string, int](4)
	table.Put(1+2*upper, "a", 10)
	if v := table.Get(1+2*upper, of("a")); v == nil || *v != 10 {
		t.Fatalf("Get(a) = %v, want 10", v)
	}
	if v := table.Get(1+2*upper, of("b")); v != nil {
		t.Fatal("Get(b) found the value of a: only the same key may match")
	}
	table.Put(1+2*upper, "b", 20) // both slots in common with a
	table.Put(1+2*upper, "b", 21)
	for key, want := range map[string]int{"a": 10, "b": 21} {
		if v := table.Get(1+2*upper, &key); v == nil || *v != want {
			t.Errorf("Get(%s) = %v, want %d", key, v, want)
		}
	}
	table.Put(1+2*upper, "c", 30)
	if v := table.Get(1+2*upper, of("a")); v != nil {
		t.Fatal("Get(a) after c took its slot: want nothing")
	}
	for key, want := range map[string]int{"b": 21, "c": 30} {
		if v := table.Get(1+2*upper, &key); v == nil || *v != want {
			t.Errorf("Get(%s) = %v, want %d", key, v, want)
		}
	}
}

func TestTableRoundsUpAndNeverGrows(t *testing.T) {
	table := memo.New[int, int](3)
	for i := range 1000 {
		table.Put(uint64(i), i, i)
	}
	kept := 0
	for i := range 1000 {
		if v := table.Get(uint64(i), &i); v != nil {
			kept++
		}
	}
	if kept != 4 {
		t.Fatalf("kept %d entries, want one in each of four slots", kept)
	}
}

func TestTableUnderConcurrency(t *testing.T) {
	table := memo.New[int, int](8)
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			for i := range 2000 {
				k := (i + g) % 64
				if v := table.Get(uint64(k), &k); v != nil && *v != k*2 {
					t.Errorf("Get(%d) = %d", k, *v)
				}
				table.Put(uint64(k), k, k*2)
			}
		})
	}
	wg.Wait()
}

func TestGetDoesNotAllocate(t *testing.T) {
	table, key := memo.New[string, string](8), "key"
	table.Put(3, "key", "value")
	if n := testing.AllocsPerRun(100, func() { table.Get(3, &key) }); n != 0 {
		t.Fatalf("Get allocates %v times", n)
	}
}
