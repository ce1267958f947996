package main

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// How much garbage may lie about before it is collected. A fixed share of what is
// live, as Go has it, is too little for a small snapshot and too much for a large
// one: collecting less often saves an eighth of the CPU of a click (measured), and
// four times the live heap is two gigabytes with 100,000 offers. On a busy core a
// collection is what visitors wait for, so what a tracker asks of a node (the chart's
// request) is used before there is one.
const (
	usualBytes   = 256 << 20 // live and garbage, as long as that leaves
	garbageBytes = 64 << 20  // at least
	mostPercent  = 400
	leastPercent = 15
	// loadingPercent is the least while the heap grows: a snapshot that is being
	// decoded would be looked through again and again.
	loadingPercent = 100
)

// tuneMemory keeps the garbage collector at that, and has it work while nobody waits.
// GOGC decides when it is set, and GOMEMLIMIT bounds memory in any case.
func tuneMemory() {
	if os.Getenv("GOGC") != "" {
		return
	}
	var before uint64
	percent := 0
	afterEachCollection(func() {
		live := readHeap().live
		next := gcPercent(live, before)
		before = live
		if next != percent { // setting it stops the world for a moment
			percent = next
			debug.SetGCPercent(next)
		}
	})
	go collectInPauses()
}

// A pause is when hardly anything has been allocated from one look to the next: what
// two thousand clicks a second allocate, or a look at a directory of ten thousand files.
const (
	lookEvery  = 600 * time.Millisecond
	pauseBytes = 256 << 10
	// worthBytes is the garbage from which on a collection is worth it.
	worthBytes = 32 << 20
)

// collectInPauses collects when there is something to collect and little to do. On a
// busy core a collection takes half of it for a quarter of a second; one that is made
// in a pause is not made under load.
func collectInPauses() {
	var p pauses
	for range time.Tick(lookEvery) {
		if p.collect(readHeap()) {
			runtime.GC()
		}
	}
}

// heap is what the process has allocated since its start, how much of its heap is in
// use or garbage, and how much was in use after the last collection. In bytes.
type heap struct{ allocated, objects, live uint64 }

// pauses finds them, by one look after the other.
type pauses struct{ allocated uint64 }

// collect reports whether to collect now.
func (p *pauses) collect(h heap) bool {
	pause := h.allocated-p.allocated < pauseBytes
	p.allocated = h.allocated
	return pause && h.objects > h.live+worthBytes
}

func readHeap() heap {
	samples := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}, {Name: "/memory/classes/heap/objects:bytes"}, {Name: "/gc/heap/live:bytes"}}
	metrics.Read(samples)
	return heap{allocated: samples[0].Value.Uint64(), objects: samples[1].Value.Uint64(), live: samples[2].Value.Uint64()}
}

// gcPercent is the garbage as a share of what is live, in steps, so that it
// changes seldom. before is what was live at the collection before.
func gcPercent(live, before uint64) int {
	least := leastPercent
	if live > before+before/10 {
		least = loadingPercent
	}
	garbage := max(usualBytes-min(live, usualBytes), garbageBytes)
	percent := garbage * 100 / max(live, 1)
	return min(max(int(min(percent/5*5, mostPercent)), least), mostPercent)
}

// afterEachCollection calls f once at first and then when a collection is over: that
// is when an object that nobody holds is cleaned up.
func afterEachCollection(f func()) {
	f()
	runtime.AddCleanup(new(struct{ _ [16]byte }), func(f func()) { afterEachCollection(f) }, f)
}
