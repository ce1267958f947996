package journal

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/waypost/waypost/hack/fulldisk"
)

func TestEmbeddedTakesEntriesAgainAfterAFullDisk(t *testing.T) {
	_, c := startEmbedded(t, t.TempDir(), EmbeddedOptions{})
	w := newTestWriter(t, c, WriterOptions{AckWait: 200 * time.Millisecond})
	restore := fulldisk.Limit(t, 1<<20)
	big := Entry{Postback: &Postback{GoalRaw: noise(100_000)}}
	durable := 0
	for ; durable < 20; durable++ {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		err := w.Append(ctx, big)
		cancel()
		if err != nil {
			break
		}
	}
	if durable < 5 || durable == 20 {
		t.Fatalf("%d entries of 100 kB were durable with room for 1 MiB", durable)
	}
	awaitReady(t, w, "the journal takes no entries: ", "file too large", "503")
	restore()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := w.Flush(ctx); err != nil {
		t.Fatalf("nothing is taken though there is room again: %v", err)
	}
	if err := w.Append(ctx, big); err != nil {
		t.Fatal(err)
	}
	awaitReady(t, w)
	r := newTestReader(t, c, 0, ReaderOptions{})
	last := uint64(0)
	for _, b := range readEntries(t, r, durable+2) {
		if b.Sequence != last+1 {
			t.Fatalf("sequence %d after %d", b.Sequence, last)
		}
		last = b.Sequence
	}
}

// awaitReady returns when a writer is not ready for reasons that hold these texts, or
// ready for none.
func awaitReady(t *testing.T, w *Writer, texts ...string) {
	t.Helper()
	problem := ""
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		var ok bool
		ok, problem = w.Ready()
		holds := ok == (len(texts) == 0)
		for _, text := range texts {
			holds = holds && strings.Contains(problem, text)
		}
		if holds {
			return
		}
	}
	t.Fatalf("the writer is not ready for %q, want %q", problem, texts)
}

// A journal that is started, or started again, while the disk is full must take
// entries as soon as there is room: no limit may come from what was free then.
func TestTheDiskIsTheOnlyLimit(t *testing.T) {
	e, _ := startEmbedded(t, t.TempDir(), EmbeddedOptions{})
	limit := func(when string) {
		t.Helper()
		if got := e.ns.JetStreamConfig().MaxStore; got < 1<<60 {
			t.Errorf("%s the journal may take %d bytes, want no limit", when, got)
		}
	}
	limit("at first")
	if err := e.ns.ShutdownJetStream(); err != nil {
		t.Fatal(err)
	}
	e.revive()
	if !e.ns.JetStreamEnabled() {
		t.Fatal("it was not started again")
	}
	limit("started again")
}
