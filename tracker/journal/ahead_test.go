package journal

import "testing"

// A reader that nobody reads from holds a bounded number of entries, and goes on
// where it stopped.
func TestReaderReadsAheadABoundedNumberOfEntries(t *testing.T) {
	const batches, each = aheadEntries/1000 + 4, 1000
	_, c := startEmbedded(t, t.TempDir(), EmbeddedOptions{})
	w := newTestWriter(t, c, WriterOptions{Name: "tracker-1"})
	for i := range batches * each {
		w.Click(clickNo(i))
		if i%each == each-1 {
			if err := w.Flush(testContext(t)); err != nil {
				t.Fatal(err)
			}
		}
	}
	r := newTestReader(t, c, 0, ReaderOptions{})
	eventually(t, func() bool {
		free := r.room.TryAcquire(each)
		if free {
			r.room.Release(each)
		}
		return !free
	})
	wantClicks(t, entriesOf(readEntries(t, r, batches*each)), 0, batches*each)
	if !r.room.TryAcquire(aheadEntries) {
		t.Error("the room of what was read is not free")
	}
}

func TestWeightOfABatchFitsTheRoom(t *testing.T) {
	for n, want := range map[int]int64{0: 0, 1: 1, aheadEntries: aheadEntries, MaxBatchEntries: aheadEntries} {
		if got := weight(&Batch{Entries: make([]Entry, n)}); got != want {
			t.Errorf("%d entries weigh %d, want %d", n, got, want)
		}
	}
	mixed := &Batch{Entries: []Entry{{Click: &Click{}}, {Postback: &Postback{}}, {Tick: &Tick{}}}}
	if got := weight(mixed); got != 4 {
		t.Errorf("a click, a postback and a tick weigh %d, want 4: a postback counts twice", got)
	}
}
