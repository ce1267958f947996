package trackers

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// watch runs a poller in a bubble of fake time and calls test with it.
func watch(t *testing.T, f *trackers, targets []Target, test func(p *Poller)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		p := pollerOf(f, func() []Target { return targets })
		done := make(chan struct{})
		go func() { defer close(done); p.Run(ctx) }()
		<-p.Sweeps() // the one at start
		test(p)
		cancel()
		<-done
	})
}

func TestPollerAsksOftenOnlyWhileOutstanding(t *testing.T) {
	f := newTrackers()
	f.serve("a", 7)
	watch(t, f, URLTargets([]string{"http://a"}), func(p *Poller) {
		start, before := time.Now(), f.count()
		<-p.Sweeps()
		if waited := time.Since(start); waited != paceIdle || f.count() != before+1 {
			t.Errorf("nothing outstanding: asked %d times in %v, want once after %v", f.count()-before, waited, paceIdle)
		}

		start = time.Now()
		p.Want(8, digestOf(8))
		waits := []time.Duration{}
		for range 12 {
			<-p.Sweeps()
			waits = append(waits, time.Since(start))
			start = time.Now()
		}
		if waits[0] != 50*time.Millisecond || waits[1] != 75*time.Millisecond || waits[11] != time.Second {
			t.Errorf("waits while outstanding are %v", waits)
		}

		f.serve("a", 8)
		if sweep := <-p.Sweeps(); !sweep.Complete(8, digestOf(8)) {
			t.Error("the tracker serves revision 8, the sweep does not say so")
		}
		start = time.Now()
		<-p.Sweeps()
		if waited := time.Since(start); waited != paceIdle {
			t.Errorf("asked again after %v although everything is served", waited)
		}
	})
}

func TestPollerIsNotKeptOffByRevisions(t *testing.T) {
	f := newTrackers()
	f.serve("a", 1)
	watch(t, f, URLTargets([]string{"http://a"}), func(p *Poller) {
		before := f.count()
		for revision := int64(2); revision < 42; revision++ {
			p.Want(revision, digestOf(revision))
			time.Sleep(20 * time.Millisecond)
		}
		if asked := f.count() - before; asked < 8 {
			t.Errorf("asked %d times in 800 ms of revisions", asked)
		}
	})
}

func TestPollerNow(t *testing.T) {
	f := newTrackers()
	f.serve("a", 1)
	watch(t, f, URLTargets([]string{"http://a"}), func(p *Poller) {
		start := time.Now()
		p.Now()
		<-p.Sweeps()
		if waited := time.Since(start); waited != 0 {
			t.Errorf("asked after %v, want at once", waited)
		}
	})
}

func TestPollerKeepsLatestOnly(t *testing.T) {
	f := newTrackers()
	f.serve("a", 1)
	watch(t, f, URLTargets([]string{"http://a"}), func(p *Poller) {
		p.Want(3, digestOf(3))
		time.Sleep(10 * time.Second)
		f.serve("a", 3)
		time.Sleep(2 * time.Second)
		if sweep := <-p.Sweeps(); sweep.Highest() != 3 {
			t.Errorf("the latest sweep says revision %d, want 3", sweep.Highest())
		}
	})
}

func TestPollerWithoutTrackersStaysAwake(t *testing.T) {
	f := newTrackers()
	watch(t, f, URLTargets([]string{"http://a"}), func(p *Poller) {
		p.Want(1, digestOf(1))
		time.Sleep(time.Minute)
		<-p.Sweeps()
		f.serve("a", 1)
		start := time.Now()
		for sweep := range p.Sweeps() {
			if sweep.Complete(1, digestOf(1)) {
				break
			}
		}
		if waited := time.Since(start); waited > paceMax {
			t.Errorf("the first tracker was noticed after %v", waited)
		}
	})
}
