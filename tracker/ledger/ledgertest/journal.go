package ledgertest

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/waypost/waypost/tracker/journal"
	"github.com/waypost/waypost/tracker/ledger"
)

// memoryJournal is a journal in memory. It keeps batches encoded, as a real one does.
type memoryJournal struct {
	mu      sync.Mutex
	batches [][]byte
	grown   chan struct{}
}

func newMemoryJournal() *memoryJournal { return &memoryJournal{grown: make(chan struct{})} }

// write appends one batch and returns its position.
func (t *memoryJournal) write(entries []journal.Entry) (uint64, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	sequence := uint64(len(t.batches) + 1)
	h := journal.Header{Writer: "test", BootID: journal.BootID{1}, Sequence: sequence, Reply: "reply"}
	data, err := journal.EncodeBatch(h, entries)
	if err != nil {
		return 0, fmt.Errorf("write to the journal: %w", err)
	}
	t.batches = append(t.batches, data)
	close(t.grown)
	t.grown = make(chan struct{})
	return sequence, nil
}

// Append makes the journal a ledger.Appender.
func (t *memoryJournal) Append(_ context.Context, x journal.Entry) error {
	_, err := t.write([]journal.Entry{x})
	return err
}

func (t *memoryJournal) open(after, _ uint64) ledger.Reader { return &reader{journal: t, last: after} }

type reader struct {
	journal *memoryJournal
	last    uint64
}

func (r *reader) Close() {}

func (r *reader) Read(ctx context.Context, most int) ([]*journal.Batch, error) {
	for {
		r.journal.mu.Lock()
		left, grown := r.journal.batches[r.last:], r.journal.grown
		r.journal.mu.Unlock()
		if len(left) > 0 {
			return r.decode(left[:min(most, len(left))])
		}
		select {
		case <-grown:
		case <-ctx.Done():
			return nil, fmt.Errorf("read the journal: %w", ctx.Err())
		}
	}
}

func (r *reader) decode(list [][]byte) ([]*journal.Batch, error) {
	var out []*journal.Batch
	for _, data := range list {
		b, err := journal.DecodeBatch(data)
		if err != nil {
			return nil, fmt.Errorf("read the journal: %w", err)
		}
		r.last++
		b.Position, b.Stored = r.last, time.Unix(4_000_000_000, 0)
		out = append(out, b)
	}
	return out, nil
}
