package tuning

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

// tuneMemory keeps the garbage collector at that, and has it work when that hurts
// least, on so many cores. GOGC decides when it is set, and GOMEMLIMIT bounds memory in
// any case.
func tuneMemory(cores int) {
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
	go collectInTime(cores)
}

// When to collect before Go does.
const (
	lookEvery = 100 * time.Millisecond
	// looks are counted together. Where little is done, pauseBytes at most are allocated
	// from the first to the last: less than by ten thousand clicks a second, or by looking
	// at a directory of some hundred files.
	looks      = 6
	pauseBytes = 1 << 20
	// loadingBytes is what only a snapshot that is loaded allocates in that time.
	loadingBytes = 64 << 20
	// worthBytes is the garbage from which on a collection is worth it.
	worthBytes = 32 << 20
	// goShare is the percentage of its goal's garbage at which Go may begin to collect
	// (its pacer, in runtime/mgcpacer.go), and soonBytes what a full core allocates from
	// look to look, twice over.
	goShare   = 70
	soonBytes = 6 << 20
)

// collectInTime collects when there is something to collect and little to do, and at
// the latest shortly before Go would. Go's own collection takes all threads that are
// free, which on one core are more than the core has: the p99 of the seconds around it is
// 11 to 67 ms (34,000 clicks a second, measured). This one is made with a thread a core:
// 6 to 13 ms.
func collectInTime(cores int) {
	var c collector
	for range time.Tick(lookEvery) {
		if c.due(readHeap()) {
			withThreads(cores, runtime.GC)
		}
	}
}

// withThreads calls f while no more than so many threads run Go code.
func withThreads(most int, f func()) {
	if all := runtime.GOMAXPROCS(0); all > most {
		runtime.GOMAXPROCS(most)
		defer runtime.GOMAXPROCS(all)
	}
	f()
}

// heap is what the process has allocated since its start, how often garbage was
// collected, how much was in use after the last time, and how much there is to be at
// most before the next. In bytes.
type heap struct{ allocated, cycles, live, goal uint64 }

// collector decides when to collect, by one look after the other.
type collector struct {
	allocated [looks]uint64 // at the last looks, the first of them at next
	next      int
	cycles    uint64 // at the last look
	collected uint64 // allocated at the first look after the last collection
}

// due reports whether to collect now. What was allocated since the last collection
// counts as garbage: what it has found is not swept at once, and still counts as used.
func (c *collector) due(h heap) bool {
	allocated := h.allocated - c.allocated[c.next]
	c.allocated[c.next] = h.allocated
	c.next = (c.next + 1) % looks
	if h.cycles != c.cycles {
		c.cycles, c.collected = h.cycles, h.allocated
	}
	garbage := h.allocated - c.collected
	switch {
	case garbage <= worthBytes:
		return false
	case allocated < pauseBytes:
		return true
	}
	soon := garbage+soonBytes > (h.goal-min(h.live, h.goal))*goShare/100
	return soon && allocated < loadingBytes
}

func readHeap() heap {
	samples := []metrics.Sample{
		{Name: "/gc/heap/allocs:bytes"}, {Name: "/gc/cycles/total:gc-cycles"},
		{Name: "/gc/heap/live:bytes"}, {Name: "/gc/heap/goal:bytes"},
	}
	metrics.Read(samples)
	return heap{
		allocated: samples[0].Value.Uint64(), cycles: samples[1].Value.Uint64(),
		live: samples[2].Value.Uint64(), goal: samples[3].Value.Uint64(),
	}
}

// gcPercent is what makes Go collect, in steps, so that it changes seldom: at goShare of
// it the garbage is as much as there may be. before is what was live at the collection
// before.
func gcPercent(live, before uint64) int {
	least := leastPercent
	if live > before+before/10 {
		least = loadingPercent
	}
	garbage := max(usualBytes-min(live, usualBytes), garbageBytes)
	percent := garbage * 100 / max(live, 1) * 100 / goShare
	return min(max(int(min(percent/5*5, mostPercent)), least), mostPercent)
}

// afterEachCollection calls f once at first and then when a collection is over: that
// is when an object without references is cleaned up.
func afterEachCollection(f func()) {
	f()
	runtime.AddCleanup(new(struct{ _ [16]byte }), func(f func()) { afterEachCollection(f) }, f)
}
