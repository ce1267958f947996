package seal

import (
	"errors"
	"slices"
	"testing"
	"time"
)

var start = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

func TestRotatedKeyIsUsedOnlyAfterTenMinutes(t *testing.T) {
	first := mustNew(t, start)
	rotated := mustRotate(t, first, start.Add(time.Hour))
	for _, test := range []struct {
		name string
		now  time.Time
		want uint8
	}{
		{"clock behind the first key", start.Add(-time.Hour), 1},
		{"at once", start.Add(time.Hour), 1},
		{"a second before", start.Add(70*time.Minute - time.Second), 1},
		{"ten minutes later", start.Add(70 * time.Minute), 2},
		{"for good", start.Add(10_000 * time.Hour), 2},
	} {
		if got := rotated.Current(test.now); got != test.want {
			t.Errorf("%s: key %d, want %d", test.name, got, test.want)
		}
	}
	if first.Current(start.Add(100*time.Hour)) != 1 || len(first.Keys()) != 1 {
		t.Error("the rotation changed the ring that it began with")
	}
}

func TestRotationKeepsOldKeys(t *testing.T) {
	ring := mustNew(t, start)
	before, _ := ring.Derived(1, PurposeClickID)
	ring = mustRotate(t, ring, start.Add(time.Hour))
	after, ok := ring.Derived(1, PurposeClickID)
	if !ok || before != after {
		t.Error("key 1 did not survive the rotation")
	}
}

func TestRingFillsUpAndGoesRound(t *testing.T) {
	ring := mustNew(t, start)
	for i := 1; i < MaxKeys; i++ {
		ring = mustRotate(t, ring, start.AddDate(0, i, 0))
	}
	if _, err := ring.Rotate(start.AddDate(2, 0, 0)); !errors.Is(err, ErrFull) {
		t.Fatalf("rotating a full ring: %v, want ErrFull", err)
	}
	retired, err := ring.Retire(start.AddDate(0, 3, 0), 0)
	if err != nil {
		t.Fatal(err)
	}
	// Key 3 began in month 2, before the limit; its successor began ten minutes
	// after it, so key 3 may still have sealed what must live.
	if got := ids(retired)[0]; got != 3 {
		t.Errorf("the oldest key is %d, want 3", got)
	}
	again := mustRotate(t, retired, start.AddDate(2, 0, 0))
	if got := again.Current(start.AddDate(3, 0, 0)); got != 1 {
		t.Errorf("the new key is %d, want the retired id 1", got)
	}
	if got := again.newest().id; got != 1 {
		t.Errorf("the newest key is %d, want 1, by time and not by id", got)
	}
}

func TestRetireNeverTakesTheLastKey(t *testing.T) {
	ring := mustRotate(t, mustNew(t, start), start.AddDate(0, 1, 0))
	retired, err := ring.Retire(start.AddDate(10, 0, 0), 0)
	if err != nil || !slices.Equal(ids(retired), []uint8{2}) {
		t.Errorf("left %v, %v; want key 2", ids(retired), err)
	}
	if kept, _ := ring.Retire(start, 0); len(kept.Keys()) != 2 {
		t.Errorf("keys in use were retired: %v left", ids(kept))
	}
}

func TestPurposesAndKeysDiffer(t *testing.T) {
	ring := mustRotate(t, mustNew(t, start), start)
	seen := map[[SecretSize]byte]bool{}
	for _, info := range ring.Keys() {
		for p := range purposes {
			derived, ok := ring.Derived(info.ID, p)
			if !ok || seen[derived] || derived == [SecretSize]byte{} || derived == ring.byID[info.ID].material().secret {
				t.Errorf("key %d for purpose %d is missing, repeated or empty", info.ID, p)
			}
			seen[derived] = true
		}
	}
}

func TestDerivedOfUnknownKeys(t *testing.T) {
	ring := mustNew(t, start)
	for _, id := range []uint8{0, 2, 15, 16, 255} {
		if _, ok := ring.Derived(id, PurposeClickID); ok {
			t.Errorf("the ring gave a key for id %d", id)
		}
	}
	if _, ok := ring.Derived(1, purposes); ok {
		t.Error("the ring gave a key for a purpose that does not exist")
	}
}

func ids(r *Keyring) []uint8 {
	var list []uint8
	for _, info := range r.Keys() {
		list = append(list, info.ID)
	}
	return list
}

func mustNew(t testing.TB, now time.Time) *Keyring {
	t.Helper()
	ring, err := New(now)
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

func mustRotate(t testing.TB, ring *Keyring, now time.Time) *Keyring {
	t.Helper()
	rotated, err := ring.Rotate(now)
	if err != nil {
		t.Fatal(err)
	}
	return rotated
}
