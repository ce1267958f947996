package steady

import (
	"slices"
	"time"
)

const (
	// every is the pause between two looks.
	every = 950 * time.Microsecond
	// tooLate is how late the one that comes before all others wakes up only when there is
	// no core: what the kernel does without being interrupted takes less.
	tooLate = 5 * time.Millisecond
)

// Pace is how long the piece of work took in a time, looked at each millisecond.
type Pace struct {
	// Typical is the median: what short moments, good or bad, do not change.
	Typical time.Duration
	// Mean has in it what the core lost in short moments, also when it was not there at all.
	Mean time.Duration
}

// Against is how many times as long the work took as was typical then: 1 is the same
// pace, and a core that is slowed twelvefold for a twentieth of the time has 1.55. It is
// 0 where one of the two has no figure.
func (p Pace) Against(then Pace) float64 {
	if then.Typical == 0 {
		return 0
	}
	return float64(p.Mean) / float64(then.Typical)
}

// look is one look at a core: how late it came, and how long the piece of work took.
type look struct{ late, took time.Duration }

// paceOf sums looks up. A look that came too late was kept from the core, and its delay
// counts as work that took so long.
func paceOf(looks []look) Pace {
	if len(looks) == 0 {
		return Pace{}
	}
	took := make([]time.Duration, len(looks))
	var sum time.Duration
	for i, l := range looks {
		took[i] = l.took
		sum += l.took
		if l.late >= tooLate {
			sum += l.late
		}
	}
	slices.Sort(took)
	return Pace{Typical: took[len(took)/2], Mean: sum / time.Duration(len(took))}
}

var sink [6]uint32

// work is how long the piece of work takes, some 15 µs. Its steps do not wait for each
// other, so that it needs all that a physical core can do at once: a chain of them would
// be no slower beside a neighbour.
func work() time.Duration {
	began := time.Now()
	a, b, c, d, e, f := sink[0], sink[1], sink[2], sink[3], sink[4], sink[5]
	for i := range uint32(10_000) {
		a = a<<1 ^ i
		b = b>>1 + i
		c = c<<3 ^ i
		d = d + i ^ 7
		e = e<<2 + i
		f = f>>3 ^ i
	}
	sink = [6]uint32{a, b, c, d, e, f}
	return time.Since(began)
}
