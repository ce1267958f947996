package steady

import (
	"slices"
	"time"
)

const (
	// every is the pause between two looks.
	every = 950 * time.Microsecond
	// span is how many looks are judged together, five milliseconds.
	span = 5
	// slowness is how many times its usual time the piece of arithmetic takes on a core
	// that is slow: turbo clocks and a neighbour on the same physical core stay below.
	slowness = 2
	// tooLate is how late the one that comes before all others wakes up only when there is
	// no core: what the kernel does without being interrupted takes less.
	tooLate = 5 * time.Millisecond
)

// look is one look at a core: how late it came, and how long the piece of arithmetic took.
type look struct{ late, took time.Duration }

// slow is how long a core was slow, or not there, in a series of looks. What is usual is
// the lower quartile of them.
func slow(looks []look) (sum time.Duration) {
	if len(looks) < span {
		return 0
	}
	took := make([]time.Duration, len(looks))
	for i, l := range looks {
		took[i] = l.took
	}
	slices.Sort(took)
	usual := took[len(took)/4]
	for s := range slices.Chunk(looks, span) {
		var working, away time.Duration
		for _, l := range s {
			working += l.took
			if l.late >= tooLate {
				away += l.late
			}
		}
		sum += away
		if n := time.Duration(len(s)); working > slowness*n*usual {
			sum += n*every + working
		}
	}
	return sum
}

var sink uint32

// work is how long the piece of arithmetic takes, some 15 µs.
func work() time.Duration {
	began := time.Now()
	x := sink
	for range 10_000 {
		x = x*1_664_525 + 1_013_904_223
	}
	sink = x
	return time.Since(began)
}
