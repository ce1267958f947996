package trackers

import (
	"context"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
)

const (
	// paceFirst is the wait after a publication: a tracker takes about this long.
	paceFirst = 50 * time.Millisecond
	// paceMax bounds the growing wait while a revision is outstanding.
	paceMax = time.Second
	// paceIdle is the wait while nothing is outstanding, for metrics and to
	// notice trackers that no informer announces.
	paceIdle = 30 * time.Second
)

// newPace returns the waits between sweeps while a revision is outstanding.
func newPace() wait.Backoff {
	return wait.Backoff{Duration: paceFirst, Factor: 1.5, Cap: paceMax, Steps: 64}
}

// Poller asks trackers for what they serve, as long as it runs.
type Poller struct {
	targets func() []Target
	asker   *asker
	sweeps  chan Sweep
	wake    chan struct{}

	mu       sync.Mutex
	revision int64  // outstanding, 0 for none
	digest   string // of that revision
	restart  bool   // begin with short waits
	at       bool   // sweep at once
}

// NewPoller returns a poller that waits for nothing yet. targets lists the trackers to
// ask; it is called before every sweep.
func NewPoller(targets func() []Target) *Poller {
	return &Poller{
		targets: targets,
		asker:   newAsker(),
		sweeps:  make(chan Sweep, 1),
		wake:    make(chan struct{}, 1),
	}
}

// Sweeps returns the channel of results. It holds the latest one only:
// a late reader misses the earlier ones, which the latest replaces.
func (p *Poller) Sweeps() <-chan Sweep { return p.sweeps }

// Want makes the poller ask often until every tracker serves the revision.
func (p *Poller) Want(revision int64, digest string) {
	p.mu.Lock()
	p.revision, p.digest, p.restart = revision, digest, true
	p.mu.Unlock()
	p.signal()
}

// Now makes the poller ask at once, because the set of trackers changed.
func (p *Poller) Now() {
	p.mu.Lock()
	p.at = true
	p.mu.Unlock()
	p.signal()
}

// signal wakes Run. One value in the channel is enough, because Run reads all that is
// wanted after it wakes.
func (p *Poller) signal() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// Once asks all trackers now and returns their answers. It is for the time
// before Run, and not safe beside it.
func (p *Poller) Once(ctx context.Context) Sweep {
	return p.asker.sweep(ctx, p.targets())
}

// Run sweeps until the context ends.
func (p *Poller) Run(ctx context.Context) {
	pace := newPace()
	timer := time.NewTimer(0)
	defer timer.Stop()
	var due time.Time // when the timer fires
	for {
		select {
		case <-ctx.Done():
			return
		case <-p.wake:
			restart, at := p.taken()
			if restart {
				pace = newPace()
			}
			if !at {
				// Sooner, never later: revisions in quick succession must not
				// keep the sweep off.
				if next := time.Now().Add(pace.Step()); next.Before(due) {
					due = next
				}
				timer.Reset(time.Until(due))
				continue
			}
		case <-timer.C:
		}
		sweep := p.Once(ctx)
		if ctx.Err() != nil {
			return
		}
		p.deliver(sweep)
		pause := paceIdle
		if p.outstanding(sweep) {
			pause = pace.Step()
		} else {
			pace = newPace()
		}
		due = time.Now().Add(pause)
		timer.Reset(time.Until(due))
	}
}

// taken returns and clears what the last signal asked for.
func (p *Poller) taken() (restart, at bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	restart, at = p.restart, p.at
	p.restart, p.at = false, false
	return restart, at
}

func (p *Poller) outstanding(sweep Sweep) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.revision > 0 && !sweep.Complete(p.revision, p.digest)
}

// deliver replaces a result that was not read.
func (p *Poller) deliver(sweep Sweep) {
	select {
	case <-p.sweeps:
	default:
	}
	p.sweeps <- sweep
}
