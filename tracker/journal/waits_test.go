package journal

import (
	"errors"
	"testing"
)

func next(t *testing.T, x *wait) event {
	t.Helper()
	select {
	case e := <-x.events:
		return e
	default:
		t.Fatal("nothing happened")
		return event{}
	}
}

func quiet(t *testing.T, x *wait) {
	t.Helper()
	select {
	case e := <-x.events:
		t.Fatalf("heard %+v", e)
	default:
	}
}

func TestWaitsHearOfTheirBatchAlone(t *testing.T) {
	w := newWaits()
	a, b, other := w.add(1, 0), w.add(1, 1), w.add(2, 0)
	w.settle(1, nil)
	for _, x := range []*wait{a, b} {
		if e := next(t, x); e.err != nil || e.verdict != nil {
			t.Fatalf("heard %+v, want that it is durable", e)
		}
	}
	quiet(t, other)
	w.verdicts(Verdicts{Sequence: 1, Items: []VerdictItem{{Entry: 1, Verdict: Verdict{Reason: "b"}}, {Entry: 9}}})
	if e := next(t, b); e.verdict == nil || e.verdict.Reason != "b" || !e.verdict.Known {
		t.Fatalf("heard %+v", e)
	}
	quiet(t, a)
	quiet(t, other)
}

func TestWaitForASettledBatchIsOver(t *testing.T) {
	w := newWaits()
	w.settle(3, nil)
	for seq := range uint64(4) {
		if e := next(t, w.add(seq, wholeBatch)); e.err != nil {
			t.Fatal(e.err)
		}
	}
	late := w.add(4, wholeBatch)
	quiet(t, late)
	w.fail(4, errFull)
	if e := next(t, late); !errors.Is(e.err, errFull) {
		t.Fatalf("heard %+v", e)
	}
	w.settle(4, nil)
	if e := next(t, late); e.err != nil {
		t.Fatal(e.err)
	}
}

// Callers leave at any time; what comes for them later must not block or be kept.
func TestWaitsForgetThoseWhoLeft(t *testing.T) {
	w := newWaits()
	var all []*wait
	for i := range 10 {
		all = append(all, w.add(1, i))
	}
	for _, i := range []int{3, 0, 9} {
		w.remove(all[i])
		w.remove(all[i])
	}
	for range 10 { // nobody reads
		w.fail(1, errFull)
	}
	w.settle(1, nil)
	quiet(t, all[3])
	for _, x := range all {
		w.remove(x)
	}
	if len(w.bySeq) != 0 {
		t.Fatalf("%d batches are still waited for", len(w.bySeq))
	}
	w.verdicts(Verdicts{Sequence: 1, Items: []VerdictItem{{Entry: 1}}})
}
