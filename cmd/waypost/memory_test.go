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
		{"ten thousand offers", 80 * mib, 80 * mib, 220},
		{"much", 128 * mib, 128 * mib, 100},
		{"all that is usual", 256 * mib, 256 * mib, 25},
		{"a hundred thousand offers", 370 * mib, 370 * mib, 15},
		{"huge", 4096 * mib, 4096 * mib, 15},
		{"while it is loaded", 200 * mib, 100 * mib, 100},
		{"while a small one is loaded", 80 * mib, 40 * mib, 220},
		{"after an edit", 372 * mib, 370 * mib, 15},
		{"after something was dropped", 100 * mib, 370 * mib, 155},
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

// A collection is made where there is something to collect and little to do.
func TestPausesAreForCollecting(t *testing.T) {
	const mib = 1 << 20
	var p pauses
	for _, look := range []struct {
		name string
		heap heap
		want bool
	}{
		{"at what the start has allocated", heap{allocated: 300 * mib, objects: 200 * mib, live: 60 * mib}, false},
		{"a pause", heap{allocated: 300*mib + 200_000, objects: 200 * mib, live: 60 * mib}, true},
		{"after the collection", heap{allocated: 300*mib + 400_000, objects: 60 * mib, live: 60 * mib}, false},
		{"busy", heap{allocated: 400 * mib, objects: 160 * mib, live: 60 * mib}, false},
		{"still busy", heap{allocated: 401 * mib, objects: 161 * mib, live: 60 * mib}, false},
		{"a pause again", heap{allocated: 401 * mib, objects: 161 * mib, live: 60 * mib}, true},
		{"a pause with little to collect", heap{allocated: 401 * mib, objects: 91 * mib, live: 60 * mib}, false},
		{"a pause with enough", heap{allocated: 401 * mib, objects: 93 * mib, live: 60 * mib}, true},
	} {
		if got := p.collect(look.heap); got != look.want {
			t.Errorf("%s: %v, want %v", look.name, got, look.want)
		}
	}
	if h := readHeap(); h.allocated == 0 || h.objects == 0 {
		t.Errorf("the heap of this process: %+v", h)
	}
}
