package memo_test

import (
	"sync"
	"testing"

	"github.com/waypost/waypost/tracker/server/memo"
)

func TestTableKeepsTheLastKeyOfASlot(t *testing.T) {
	table := memo.New[string, int](4)
	table.Put(1, "a", 10)
	if v, ok := table.Get(1, "a"); !ok || v != 10 {
		t.Fatalf("Get(a) = %d, %v; want 10, true", v, ok)
	}
	if _, ok := table.Get(1, "b"); ok {
		t.Fatal("Get(b) found the value of a: only the same key may match")
	}
	table.Put(5, "b", 20) // the same slot of four
	if _, ok := table.Get(1, "a"); ok {
		t.Fatal("Get(a) after b took the slot: want nothing")
	}
	if v, ok := table.Get(5, "b"); !ok || v != 20 {
		t.Fatalf("Get(b) = %d, %v; want 20, true", v, ok)
	}
}

func TestTableRoundsUpAndNeverGrows(t *testing.T) {
	table := memo.New[int, int](3)
	for i := range 1000 {
		table.Put(uint64(i), i, i)
	}
	kept := 0
	for i := range 1000 {
		if _, ok := table.Get(uint64(i), i); ok {
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
				if v, ok := table.Get(uint64(k), k); ok && v != k*2 {
					t.Errorf("Get(%d) = %d", k, v)
				}
				table.Put(uint64(k), k, k*2)
			}
		})
	}
	wg.Wait()
}

func TestGetDoesNotAllocate(t *testing.T) {
	table := memo.New[string, string](8)
	table.Put(3, "key", "value")
	if n := testing.AllocsPerRun(100, func() { table.Get(3, "key") }); n != 0 {
		t.Fatalf("Get allocates %v times", n)
	}
}
