package tuning

import (
	"runtime"
	"slices"
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
	usual := heap{live: 60 * mib, goal: 260 * mib}
	pause := []uint64{9, 9, 9, 9, 9, 9}
	busy := slices.Repeat([]uint64{10 * mib}, 13)
	for _, test := range []struct {
		name      string
		heap      heap
		allocated []uint64 // from one look to the next
		collected int      // the look before which Go has collected, once more
		want      bool
	}{
		{name: "at what the start has allocated", heap: usual},
		{name: "not quiet for long", heap: usual, allocated: append([]uint64{130 * mib}, pause[1:]...)},
		{name: "a pause", heap: usual, allocated: append([]uint64{130 * mib}, pause...), want: true},
		{name: "a pause with looks at files in it", heap: usual, allocated: []uint64{130 * mib, 0, 300 * kib, 0, 300 * kib, 0, 300 * kib}, want: true},
		{name: "a pause that ended", heap: usual, allocated: append(append([]uint64{130 * mib}, pause...), 1200*kib)},
		{name: "a pause with little to collect", heap: usual, allocated: append([]uint64{31 * mib}, pause...)},
		{name: "a pause with enough", heap: usual, allocated: append([]uint64{33 * mib}, pause...), want: true},
		{name: "a pause after Go has collected", heap: usual, allocated: append([]uint64{130 * mib}, pause...), collected: 2},
		{name: "busy", heap: usual, allocated: append(slices.Clone(busy), 3*mib)},
		{name: "busy, and Go is about to", heap: usual, allocated: append(slices.Clone(busy), 5*mib), want: true},
		{name: "busy, and Go just has", heap: usual, allocated: append(slices.Clone(busy), 5*mib), collected: 12},
		{name: "a snapshot is loaded, and Go is about to", heap: usual, allocated: slices.Repeat([]uint64{20 * mib}, 7)},
		{name: "Go is always about to, where there is little", heap: heap{live: 5 * mib, goal: 25 * mib}, allocated: slices.Repeat([]uint64{3 * mib}, 8)},
		{name: "more is live than Go's goal is", heap: heap{live: 160 * mib, goal: 100 * mib}, allocated: slices.Repeat([]uint64{5 * mib}, 8), want: true},
	} {
		test.heap.allocated, test.heap.cycles = 190*mib, 3
		var c collector
		got := c.due(test.heap)
		for i, allocated := range test.allocated {
			if test.heap.allocated += allocated; test.collected > 0 && test.collected == i {
				test.heap.cycles++
			}
			got = c.due(test.heap)
		}
		if got != test.want {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
	}
	before := readHeap()
	runtime.GC()
	if h := readHeap(); h.allocated == 0 || h.cycles <= before.cycles || h.goal == 0 {
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
