package clickid

import (
	"sync"
	"testing"
	"time"

	"github.com/waypost/waypost/api/seal"
)

// TestIDsAreUnique has several trackers with several goroutines each make ids in
// the same second for the same offer and partner.
func TestIDsAreUnique(t *testing.T) {
	const trackers, routines, each = 4, 4, 5000
	ring := mustRing(t)
	made := make(chan []string, trackers*routines)
	var wait sync.WaitGroup
	for range trackers {
		minter := mustMinter(t, ring)
		for range routines {
			wait.Go(func() { made <- mintMany(minter, each) })
		}
	}
	wait.Wait()
	close(made)
	seen := map[string]bool{}
	for ids := range made {
		for _, s := range ids {
			if seen[s] {
				t.Fatalf("%s was made twice", s)
			}
			seen[s] = true
		}
	}
	if len(seen) != trackers*routines*each {
		t.Errorf("%d ids, want %d", len(seen), trackers*routines*each)
	}
}

func mintMany(minter *Minter, count int) []string {
	ids := make([]string, count)
	for i := range ids {
		ids[i] = string(minter.AppendClick(nil, noon, 1, 2))
	}
	return ids
}

// TestCounterGoesRoundWithinThePrefix sets the counter just before its end.
func TestCounterGoesRoundWithinThePrefix(t *testing.T) {
	minter := mustMinter(t, mustRing(t))
	minter.counter.Store(1<<counterBits - 2)
	last, first := minter.unique(), minter.unique()
	if last != minter.prefix|(1<<counterBits-1) || first != minter.prefix {
		t.Errorf("counted %x, %x with prefix %x", last, first, minter.prefix)
	}
	if minter.prefix&(1<<counterBits-1) != 0 || minter.prefix == 0 {
		t.Errorf("prefix %x reaches into the counter, or is empty", minter.prefix)
	}
}

// TestKeyringChangesWhileMinting is for the race detector, and for ids made with
// a key of one ring and the MAC of another.
func TestKeyringChangesWhileMinting(t *testing.T) {
	old := mustRing(t)
	rotated, err := old.Rotate(noon.Add(-time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	minter := mustMinter(t, old)
	var wait sync.WaitGroup
	wait.Go(func() {
		for i := range 2000 {
			minter.SetKeyring([]*seal.Keyring{old, rotated}[i%2])
		}
	})
	for range 2000 {
		if _, err := Open(rotated, string(minter.AppendClick(nil, noon, 1, 2))); err != nil {
			t.Fatal(err)
		}
	}
	wait.Wait()
}

func TestNothingIsAllocated(t *testing.T) {
	ring := mustRing(t)
	minter := mustMinter(t, ring)
	buffer := make([]byte, 0, 64)
	id := string(minter.AppendClick(nil, noon, 1, 2))
	wrong := "A" + id[1:]
	for name, work := range map[string]func(){
		"making":   func() { buffer = minter.AppendClick(buffer[:0], noon, 1, 2) },
		"opening":  func() { _, _ = Open(ring, id) },
		"refusing": func() { _, _ = Open(ring, wrong) },
	} {
		if n := testing.AllocsPerRun(100, work); n != 0 {
			t.Errorf("%s an id: %v allocations", name, n)
		}
	}
}

func BenchmarkAppendClick(b *testing.B) {
	minter := mustMinter(b, mustRing(b))
	buffer := make([]byte, 0, 64)
	b.ReportAllocs()
	for b.Loop() {
		buffer = minter.AppendClick(buffer[:0], noon, 1, 2)
	}
}

func BenchmarkAppendClickParallel(b *testing.B) {
	minter := mustMinter(b, mustRing(b))
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		buffer := make([]byte, 0, 64)
		for pb.Next() {
			buffer = minter.AppendClick(buffer[:0], noon, 1, 2)
		}
	})
}

func BenchmarkOpen(b *testing.B) {
	ring := mustRing(b)
	id := string(mustMinter(b, ring).AppendClick(nil, noon, 1, 2))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Open(ring, id); err != nil {
			b.Fatal(err)
		}
	}
}
