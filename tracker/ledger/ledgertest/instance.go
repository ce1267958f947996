package ledgertest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/go-logr/logr"

	"github.com/waypost/waypost/tracker/journal"
	"github.com/waypost/waypost/tracker/ledger"
	"github.com/waypost/waypost/tracker/ledger/store"
)

// Instance is a ledger at work, on a journal in memory.
type Instance struct {
	Store  *store.Store
	Ledger *ledger.Ledger
	// Journal takes moderation, as a journal.Writer would.
	Journal ledger.Appender
	t       testing.TB
	journal *memoryJournal
}

// Open starts a ledger on the database that target names, with the options as
// change leaves them; it ends with the test.
func Open(t testing.TB, target string, change ...func(*ledger.Options)) *Instance {
	t.Helper()
	s, err := store.Open(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	tp := newMemoryJournal()
	o := &Instance{Store: s, Journal: tp, t: t, journal: tp}
	options := ledger.Options{Store: s, Open: tp.open, Log: logr.Discard()}
	for _, c := range change {
		c(&options)
	}
	o.Ledger = ledger.New(options)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- o.Ledger.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return o
}

// Write puts entries into the journal, as one batch, and waits until they are in
// the tables.
func (o *Instance) Write(entries ...journal.Entry) {
	o.t.Helper()
	position, err := o.journal.write(entries)
	if err != nil {
		o.t.Fatal(err)
	}
	deadline := time.After(30 * time.Second)
	for {
		at, further := o.Ledger.Position()
		if at >= position {
			return
		}
		select {
		case <-further:
		case <-deadline:
			o.t.Fatalf("the ledger is at %d, not at %d, after 30 s", at, position)
		}
	}
}
