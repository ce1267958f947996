package acks

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func TestWaiting(t *testing.T) {
	var w Waiting[string]
	w.Add("a", 3)
	w.Add("b", 2)
	w.Add("c", 5)
	w.Add("d", 2)
	w.Add("a", 4) // edited again
	w.Remove("d")
	if got := w.Release(1); got != nil {
		t.Fatalf("Release(1) = %v", got)
	}
	if got := w.Release(3); !slices.Equal(got, []string{"b"}) {
		t.Fatalf("Release(3) = %v, want b alone: a waits for 4 now", got)
	}
	if got := w.Release(9); !slices.Equal(got, []string{"a", "c"}) {
		t.Fatalf("Release(9) = %v", got)
	}
	if w.Len() != 0 || w.Release(99) != nil {
		t.Fatal("something still waits")
	}
}

// An object that is added again after it was removed, or waits anew for a
// revision it waited for before, is released once.
func TestWaitingAgain(t *testing.T) {
	var w Waiting[string]
	w.Add("a", 2)
	w.Remove("a")
	w.Add("a", 2)
	w.Add("a", 3)
	w.Add("a", 2)
	if got := w.Release(2); !slices.Equal(got, []string{"a"}) {
		t.Fatalf("Release(2) = %v", got)
	}
	if got := w.Release(3); got != nil {
		t.Fatalf("Release(3) = %v", got)
	}
}

func TestWaitingDoesNotPileUp(t *testing.T) {
	var w Waiting[string]
	for revision := range int64(10_000) {
		w.Add("a", revision)
	}
	if len(w.queue) > 100 {
		t.Errorf("%d entries for one object", len(w.queue))
	}
	if got := w.Release(10_000); !slices.Equal(got, []string{"a"}) {
		t.Errorf("Release() = %v", got)
	}
}

// Waiting agrees with a plain map, whatever the order of calls.
func TestWaitingAgainstModel(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var w Waiting[int]
	model := map[int]int64{}
	for step := range 5000 {
		object, revision := random.IntN(50), random.Int64N(100)
		switch random.IntN(4) {
		case 0:
			w.Remove(object)
			delete(model, object)
		case 1:
			got := w.Release(revision)
			for _, object := range got {
				if waits, ok := model[object]; !ok || waits > revision {
					t.Fatalf("step %d: released %d, which waits for %d", step, object, waits)
				}
				delete(model, object)
			}
			for object, waits := range model {
				if waits <= revision {
					t.Fatalf("step %d: %d not released", step, object)
				}
			}
		default:
			w.Add(object, revision)
			model[object] = revision
		}
		if w.Len() != len(model) {
			t.Fatalf("step %d: %d wait, want %d", step, w.Len(), len(model))
		}
	}
	for object := range 50 {
		if _, waits := model[object]; w.Has(object) != waits {
			t.Fatalf("Has(%d) = %v", object, w.Has(object))
		}
	}
}
