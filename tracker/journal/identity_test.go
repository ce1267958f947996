package journal

import (
	"errors"
	"testing"
	"time"
)

// TestHeldJournalTakesNothing: also an empty one, and also after a restart.
func TestHeldJournalTakesNothing(t *testing.T) {
	dir := t.TempDir()
	e, c := startEmbedded(t, dir, EmbeddedOptions{})
	for range 2 {
		if err := c.Hold(testContext(t)); err != nil {
			t.Fatal(err)
		}
	}
	send := func(c *Conn, id string) error {
		return (&publisher{conn: c}).append(testContext(t), id, encodeTest(t, Entry{Tick: &Tick{At: 1}}))
	}
	if err := send(c, "a"); !errors.Is(err, errFull) {
		t.Fatalf("a held journal took a batch: %v", err)
	}
	c.Close()
	e.Close()
	_, c = startEmbedded(t, dir, EmbeddedOptions{})
	if err := send(c, "a"); !errors.Is(err, errFull) {
		t.Fatalf("a held journal took a batch after a restart: %v", err)
	}
	for range 2 {
		if err := c.Release(testContext(t)); err != nil {
			t.Fatal(err)
		}
	}
	if err := send(c, "a"); err != nil {
		t.Fatal(err)
	}
	if err := c.Identify(testContext(t), "id"); err != nil {
		t.Fatal(err)
	}
	s, err := c.Inspect(testContext(t), 1)
	if err != nil || s.ID != "id" || s.Held || s.First != 1 || s.Last != 1 || s.Digest == 0 || s.Sequence != testHeader.Sequence {
		t.Fatalf("%+v, %v", s, err)
	}
}

// TestReaderStopsAtAnotherJournal: one that is as long as what was read.
func TestReaderStopsAtAnotherJournal(t *testing.T) {
	_, c := startEmbedded(t, t.TempDir(), EmbeddedOptions{})
	writeClicks(t, newTestWriter(t, c, WriterOptions{}), 0, 3)
	for _, test := range []struct {
		digest uint64
		want   error
	}{{1, ErrRewound}, {0, nil}} {
		r := newTestReader(t, c, 2, ReaderOptions{Digest: test.digest, Patience: time.Millisecond})
		if _, err := r.Read(testContext(t), 1); !errors.Is(err, test.want) {
			t.Errorf("digest %d: %v, want %v", test.digest, err, test.want)
		}
	}
}

// TestHolesAreCounted: what is gone from the middle.
func TestHolesAreCounted(t *testing.T) {
	_, c := startEmbedded(t, t.TempDir(), EmbeddedOptions{})
	writeClicks(t, newTestWriter(t, c, WriterOptions{}), 0, 5)
	s, err := c.stream(testContext(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, position := range []uint64{2, 3} {
		if err := s.DeleteMsg(testContext(t), position); err != nil {
			t.Fatal(err)
		}
	}
	at, err := c.Inspect(testContext(t), 3)
	if err != nil || at.Holes != 2 || at.Digest != 0 {
		t.Fatalf("%+v, %v", at, err)
	}
}
