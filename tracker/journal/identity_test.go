package journal

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
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

// TestDamageIsNamed at the start that found it, where the server cuts off what it cannot
// read, and at later ones, until what was before it is trimmed.
func TestDamageIsNamed(t *testing.T) {
	dir := t.TempDir()
	e, c := startEmbedded(t, dir, EmbeddedOptions{})
	writeClicks(t, newTestWriter(t, c, WriterOptions{}), 0, 5)
	c.Close()
	e.Close()
	flipByte(t, dir)
	var found State
	for start := range 3 {
		e, c = startEmbedded(t, dir, EmbeddedOptions{})
		s, err := c.Inspect(testContext(t), 1)
		if err != nil || s.Damaged == 0 || s.Last >= 5 || s.Digest == 0 || start > 0 && s.Damaged != found.Damaged {
			t.Fatalf("start %d: %+v, %v; at the first %+v", start, s, err, found)
		}
		found = s
		c.Close()
		e.Close()
	}
	_, c = startEmbedded(t, dir, EmbeddedOptions{})
	writeClicks(t, newTestWriter(t, c, WriterOptions{}), 5, 8)
	for _, test := range []struct{ keep, want uint64 }{{found.Last, found.Damaged}, {found.Last + 1, 0}} {
		if _, err := c.Trim(testContext(t), test.keep, time.Now().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		if s, err := c.Inspect(testContext(t), 0); err != nil || s.First != test.keep || s.Damaged != test.want {
			t.Fatalf("trimmed to %d: %+v, %v; want %d bytes", test.keep, s, err, test.want)
		}
	}
}

// flipByte damages the journal's only block, and removes the server's index of it.
func flipByte(t *testing.T, dir string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "jetstream/*/streams", StreamName, "msgs/*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if filepath.Ext(name) != ".blk" {
			err = os.Remove(name)
		} else {
			data[len(data)/2] ^= 0xff
			err = os.WriteFile(name, data, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestCloseDoesNotWaitForAHeldJournal: it takes nothing however long the wait is.
func TestCloseDoesNotWaitForAHeldJournal(t *testing.T) {
	_, c := startEmbedded(t, t.TempDir(), EmbeddedOptions{})
	if err := c.Hold(testContext(t)); err != nil {
		t.Fatal(err)
	}
	w := newTestWriter(t, c, WriterOptions{})
	w.Click(clickNo(1))
	ctx := testContext(t)
	if err := w.Close(ctx); !errors.Is(err, errFull) || ctx.Err() != nil {
		t.Fatalf("%v, %v; want that the journal is held", err, ctx.Err())
	}
}

// TestARefusedChangeNamesItsReason: the server's, and not that of a missing right.
func TestARefusedChangeNamesItsReason(t *testing.T) {
	_, c := startEmbedded(t, t.TempDir(), EmbeddedOptions{})
	err := c.update(testContext(t), "hold", func(cfg *jetstream.StreamConfig) bool {
		cfg.Storage = jetstream.MemoryStorage
		return true
	})
	if err == nil || strings.Contains(err.Error(), "may this user") || !strings.Contains(err.Error(), "storage") {
		t.Errorf("%v", err)
	}
}
