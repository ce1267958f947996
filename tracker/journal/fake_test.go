package journal

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// fakeJournal is an appender in memory. With testing/synctest it makes time and
// failures of the journal exact.
type fakeJournal struct {
	t *testing.T
	// answer decides about the nth attempt (from 0): whether the batch is stored,
	// and what the writer hears. nil stores everything at once.
	answer func(ctx context.Context, n int, b *Batch) (stored bool, err error)
	most   int // limit

	mu      sync.Mutex
	n       int
	busy    int
	batches []*Batch // as stored, repetitions included
	ids     []string // of all attempts
	at      []time.Duration
	began   time.Time
}

func newFakeJournal(t *testing.T) *fakeJournal {
	return &fakeJournal{t: t, began: time.Now()}
}

func (j *fakeJournal) limit() int { return j.most }

func (j *fakeJournal) append(ctx context.Context, id string, data []byte) error {
	b, err := DecodeBatch(data)
	if err != nil {
		j.t.Errorf("the writer sent a batch that does not decode: %v", err)
		return err
	}
	if b.MessageID() != id {
		j.t.Errorf("batch %s was sent as %s", b.MessageID(), id)
	}
	j.mu.Lock()
	j.busy++
	if j.busy > 1 {
		j.t.Error("two batches in flight at once")
	}
	n := j.n
	j.n++
	j.ids = append(j.ids, id)
	j.at = append(j.at, time.Since(j.began))
	j.mu.Unlock()
	stored := true
	if j.answer != nil {
		stored, err = j.answer(ctx, n, b)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.busy--
	if stored {
		j.batches = append(j.batches, b)
	}
	return err
}

// read returns the entries as a ledger counts them: batches that repeat a sequence
// are passed over.
func (j *fakeJournal) read() []Entry {
	j.mu.Lock()
	defer j.mu.Unlock()
	return countOnce(j.batches)
}

func countOnce(batches []*Batch) []Entry {
	var out []Entry
	last := make(map[BootID]uint64)
	for _, b := range batches {
		if b.Sequence > last[b.BootID] {
			last[b.BootID] = b.Sequence
			out = append(out, b.Entries...)
		}
	}
	return out
}

func (j *fakeJournal) attempts() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.n
}

// startWriter starts a writer on the fake journal.
func (j *fakeJournal) startWriter(o WriterOptions) *Writer {
	j.t.Helper()
	w := newWriter(o.withDefaults())
	if err := w.start(j); err != nil {
		j.t.Fatal(err)
	}
	return w
}

// closeWriter closes w, which must succeed within an hour of the bubble's time.
func closeWriter(t *testing.T, w *Writer) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
	defer cancel()
	if err := w.Close(ctx); err != nil {
		t.Fatal(err)
	}
}

// metric returns the value of a counter or gauge, over all labels that match.
func metric(t *testing.T, reg *prometheus.Registry, name string, labels ...string) float64 {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	sum, found := 0.0, false
	for _, f := range families {
		if f.GetName() != "waypost_journal_"+name {
			continue
		}
		for _, m := range f.GetMetric() {
			if len(labels) > 0 && (len(m.GetLabel()) == 0 || m.GetLabel()[0].GetValue() != labels[0]) {
				continue
			}
			found = true
			sum += m.GetCounter().GetValue() + m.GetGauge().GetValue()
		}
	}
	if !found {
		t.Fatalf("no metric %s %v", name, labels)
	}
	return sum
}
