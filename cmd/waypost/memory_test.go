package main

import (
	"runtime"
	"testing"
	"time"
)

func TestGCPercent(t *testing.T) {
	const mib = 1 << 20
	for _, c := range []struct {
		name         string
		live, before uint64
		want         int
	}{
		{"nothing", 0, 0, 400},
		{"small", 10 * mib, 10 * mib, 400},
		{"ten thousand offers", 80 * mib, 80 * mib, 310},
		{"much", 128 * mib, 128 * mib, 140},
		{"all that is usual", 256 * mib, 256 * mib, 35},
		{"a hundred thousand offers", 370 * mib, 370 * mib, 20},
		{"huge", 4096 * mib, 4096 * mib, 15},
		{"while it is loaded", 200 * mib, 100 * mib, 100},
		{"while a small one is loaded", 80 * mib, 40 * mib, 310},
		{"after an edit", 372 * mib, 370 * mib, 20},
		{"after something was dropped", 100 * mib, 370 * mib, 220},
	} {
		if got := gcPercent(c.live, c.before); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}

func TestAfterEachCollection(t *testing.T) {
	calls := make(chan struct{}, 100)
	afterEachCollection(func() { calls <- struct{}{} })
	<-calls
	for n := range 3 {
		runtime.GC()
		select {
		case <-calls:
		case <-time.After(10 * time.Second):
			t.Fatalf("not called after collection %d", n+1)
		}
	}
	if live := readHeap().live; live == 0 {
		t.Error("nothing is live")
	}
}

// A collection is made where there is something to collect and little to do, or before
// Go makes one.
func TestCollectorIsDue(t *testing.T) {
	const kib, mib = 1 << 10, 1 << 20
	at := func(objects uint64) heap { return heap{objects: objects, live: 60 * mib, goal: 260 * mib} }
	for _, test := range []struct {
		name      string
		allocated []uint64 // from one look to the next
		heap      heap     // at the last
		want      bool
	}{
		{"at what the start has allocated", []uint64{190 * mib}, at(190 * mib), false},
		{"not quiet for long", []uint64{5 * mib, 9, 9, 9, 9, 9}, at(190 * mib), false},
		{"a pause", []uint64{5 * mib, 9, 9, 9, 9, 9, 9}, at(190 * mib), true},
		{"a pause with looks at files in it", []uint64{5 * mib, 0, 300 * kib, 0, 300 * kib, 0, 300 * kib}, at(190 * mib), true},
		{"a pause that ended", []uint64{5 * mib, 9, 9, 9, 9, 9, 9, 1200 * kib}, at(190 * mib), false},
		{"a pause with little to collect", []uint64{5 * mib, 9, 9, 9, 9, 9, 9}, at(91 * mib), false},
		{"a pause with enough", []uint64{5 * mib, 9, 9, 9, 9, 9, 9}, at(93 * mib), true},
		{"busy", []uint64{2 * mib, 2 * mib}, at(193 * mib), false},
		{"busy, and Go is about to", []uint64{2 * mib, 2 * mib}, at(195 * mib), true},
		{"a snapshot is loaded, and Go is about to", []uint64{20 * mib, 20 * mib, 20 * mib, 20 * mib, 20 * mib, 20 * mib}, at(195 * mib), false},
		{"Go is always about to, where there is little", []uint64{2 * mib}, heap{objects: 24 * mib, live: 5 * mib, goal: 25 * mib}, false},
		{"more is live than Go's goal is", []uint64{2 * mib}, heap{objects: 193 * mib, live: 160 * mib, goal: 100 * mib}, true},
	} {
		var c collector
		got := false
		for _, allocated := range test.allocated {
			test.heap.allocated += allocated
			got = c.due(test.heap)
		}
		if got != test.want {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
	}
	if h := readHeap(); h.allocated == 0 || h.objects == 0 || h.goal == 0 {
		t.Errorf("the heap of this process: %+v", h)
	}
}

func BenchmarkReadHeap(b *testing.B) {
	for b.Loop() {
		readHeap()
	}
}

func TestWithThreads(t *testing.T) {
	was := runtime.GOMAXPROCS(5)
	defer runtime.GOMAXPROCS(was)
	for most, want := range map[int]int{2: 2, 5: 5, 8: 5} {
		withThreads(most, func() {
			if got := runtime.GOMAXPROCS(0); got != want {
				t.Errorf("%d threads with at most %d, want %d", got, most, want)
			}
		})
		if got := runtime.GOMAXPROCS(0); got != 5 {
			t.Errorf("%d threads afterwards, want 5", got)
		}
	}
}
