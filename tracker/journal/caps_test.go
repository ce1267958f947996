package journal

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"
)

func TestCapsAreClosedUntilTheirWindowEnds(t *testing.T) {
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	until := now.Add(time.Hour)
	offer := CapKey{Network: "default", Offer: "shoes", Cap: "daily"}
	partner := CapKey{Network: "default", Offer: "shoes", Cap: "daily", Partner: "blog"}
	var caps Caps
	if caps.Closed(offer, now) {
		t.Fatal("an empty set has a closed cap")
	}
	caps.Set(CapState{Key: offer, Closed: true, Until: until.UnixMicro()}, now)
	caps.Set(CapState{Key: partner, Closed: true}, now)
	tests := []struct {
		key  CapKey
		at   time.Time
		want bool
	}{
		{offer, now, true},
		{offer, until.Add(-time.Microsecond), true},
		{offer, until, false},
		{partner, until.Add(365 * 24 * time.Hour), true},
		{CapKey{Network: "other", Offer: "shoes", Cap: "daily"}, now, false},
		{CapKey{Network: "default", Offer: "hats", Cap: "daily"}, now, false},
		{CapKey{Network: "default", Offer: "shoes", Cap: "hourly"}, now, false},
	}
	for _, test := range tests {
		if got := caps.Closed(test.key, test.at); got != test.want {
			t.Errorf("%+v at %v: closed %v", test.key, test.at, got)
		}
	}
	caps.Set(CapState{Key: partner}, now)
	if caps.Closed(partner, now) || caps.Len() != 1 {
		t.Fatal("a cap that was opened is closed")
	}
	caps.Set(CapState{Key: offer, Closed: true, Until: now.UnixMicro()}, now)
	if caps.Len() != 0 {
		t.Fatal("a window that is over is kept")
	}
}

// TestCapOfTheFuture: a clock ahead filled it, and closes nothing before its window begins,
// but for the seconds by which clocks differ.
func TestCapOfTheFuture(t *testing.T) {
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	from, key := now.AddDate(1, 0, 0), CapKey{Network: "default", Offer: "shoes", Cap: "daily"}
	var caps Caps
	caps.Set(CapState{Key: key, Closed: true, From: from.UnixMicro(), Until: from.AddDate(0, 0, 1).UnixMicro()}, now)
	for at, want := range map[time.Time]bool{now: false, from.Add(-6 * time.Second): false, from.Add(-4 * time.Second): true, from: true} {
		if got := caps.Closed(key, at); got != want {
			t.Errorf("at %s: closed %t", at, got)
		}
	}
}

func TestCapsForgetWindowsThatAreOver(t *testing.T) {
	var caps Caps
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	for i := range 10_000 {
		key := CapKey{Offer: fmt.Sprint("offer-", i%10), Cap: fmt.Sprint(i)}
		caps.Set(CapState{Key: key, Closed: true, Until: now.Add(time.Minute).UnixMicro()}, now)
		now = now.Add(time.Second)
	}
	if n := caps.Len(); n > 1000 {
		t.Fatalf("%d caps held, though each is over after a minute", n)
	}
}

func TestCapsAreReadWhileTheyChange(t *testing.T) {
	var caps Caps
	var readers sync.WaitGroup
	quit := make(chan struct{})
	always := CapKey{Offer: "always"}
	caps.Set(CapState{Key: always, Closed: true}, time.Now())
	for range 4 {
		readers.Go(func() {
			for {
				select {
				case <-quit:
					return
				default:
				}
				if !caps.Closed(always, time.Now()) {
					t.Error("a cap opened by itself")
					return
				}
			}
		})
	}
	for i := range 2000 {
		caps.Set(CapState{Key: CapKey{Offer: fmt.Sprint(i)}, Closed: i%2 == 0}, time.Now())
	}
	close(quit)
	readers.Wait()
}

func TestClosedAllocatesNothing(t *testing.T) {
	var caps Caps
	now := time.Now()
	for i := range 100 {
		caps.Set(CapState{Key: CapKey{Network: "default", Offer: fmt.Sprint(i), Cap: "daily"}, Closed: true}, now)
	}
	key := CapKey{Network: "default", Offer: "50", Cap: "daily", Partner: "blog"}
	if n := testing.AllocsPerRun(100, func() { caps.Closed(key, now) }); n != 0 {
		t.Fatalf("%v allocations", n)
	}
}

// watch runs WatchCaps until the test ends.
func watch(t *testing.T, c *Conn) *Caps {
	t.Helper()
	set := new(Caps)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- c.WatchCaps(ctx, set) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("WatchCaps returned %v", err)
		}
	})
	return set
}

func TestTrackersLearnOfClosedCaps(t *testing.T) {
	e, c := startEmbedded(t, t.TempDir(), EmbeddedOptions{})
	early := watch(t, c)
	keys := make([]CapKey, 5)
	for i := range keys {
		keys[i] = CapKey{Network: "default", Offer: "shoes.and hats >*", Cap: fmt.Sprint("cap ", i), Partner: "blog"}
		state := CapState{Key: keys[i], Closed: true, Until: time.Now().Add(time.Hour).UnixMicro()}
		if i == 4 {
			state.Until = 0
		}
		for range 2 {
			if err := c.PublishCap(testContext(t), state); err != nil {
				t.Fatal(err)
			}
		}
	}
	eventually(t, func() bool { return early.Len() == 5 })
	late := watch(t, c)
	eventually(t, func() bool { return late.Len() == 5 })
	if !late.Closed(keys[4], time.Now().Add(24*time.Hour)) || late.Closed(keys[0], time.Now().Add(24*time.Hour)) {
		t.Fatal("the ends of the windows are not what was published")
	}
	// What changes while a watch is broken is not missed.
	if err := e.ns.ShutdownJetStream(); err != nil {
		t.Fatal(err)
	}
	e.revive()
	if err := c.PublishCap(testContext(t), CapState{Key: keys[4]}); err != nil {
		t.Fatal(err)
	}
	for _, set := range []*Caps{early, late} {
		eventually(t, func() bool { return !set.Closed(keys[4], time.Now()) })
		if set.Len() != 4 {
			t.Fatalf("%d caps closed, want 4", set.Len())
		}
	}
	s, err := c.js.Stream(testContext(t), CapsStreamName)
	if err != nil || s.CachedInfo().State.Msgs != 5 {
		t.Fatalf("%d states kept, %v; want the last of each cap", s.CachedInfo().State.Msgs, err)
	}
}

func BenchmarkCapsClosed(b *testing.B) {
	var caps Caps
	now := time.Now()
	for i := range 1000 {
		caps.Set(CapState{Key: CapKey{Network: "default", Offer: fmt.Sprint(i), Cap: "daily"}, Closed: true}, now)
	}
	key := CapKey{Network: "default", Offer: "50", Cap: "daily"}
	b.ReportAllocs()
	for b.Loop() {
		caps.Closed(key, now)
	}
}
