package trackers

import "time"

const (
	// paceFirst is the wait after a publication: a tracker takes about this long.
	paceFirst = 50 * time.Millisecond
	// paceMax bounds the growing wait while a revision is outstanding.
	paceMax = time.Second
	// paceIdle is the wait while nothing is outstanding, for metrics and to
	// notice trackers that nobody announces.
	paceIdle = 30 * time.Second
)

// pace says how long to wait before the next sweep: 50 ms, then half as much
// again each time, at most a second, as long as something is outstanding.
type pace struct{ next time.Duration }

// restart begins with short waits again.
func (p *pace) restart() { p.next = paceFirst }

// wait returns the wait before the next sweep.
func (p *pace) wait(outstanding bool) time.Duration {
	if !outstanding {
		p.restart()
		return paceIdle
	}
	if p.next == 0 {
		p.restart()
	}
	wait := p.next
	p.next = min(p.next*3/2, paceMax)
	return wait
}
