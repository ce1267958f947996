package journal

import (
	"context"
	"os/signal"
	"syscall"
	"testing"
	"time"
)

// limitFileSize makes writes beyond size bytes of a file fail, as a full disk does,
// until the returned function is called.
func limitFileSize(t *testing.T, size uint64) (restore func()) {
	t.Helper()
	signal.Ignore(syscall.SIGXFSZ)
	var before syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &before); err != nil {
		t.Fatal(err)
	}
	after := before
	after.Cur = size
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &after); err != nil {
		t.Fatal(err)
	}
	restore = func() { _ = syscall.Setrlimit(syscall.RLIMIT_FSIZE, &before) }
	t.Cleanup(restore)
	return restore
}

func TestEmbeddedTakesEntriesAgainAfterAFullDisk(t *testing.T) {
	_, c := startEmbedded(t, t.TempDir(), EmbeddedOptions{})
	w := newTestWriter(t, c, WriterOptions{AckWait: 200 * time.Millisecond})
	restore := limitFileSize(t, 1<<20)
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
	restore()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := w.Flush(ctx); err != nil {
		t.Fatalf("nothing is taken though there is room again: %v", err)
	}
	if err := w.Append(ctx, big); err != nil {
		t.Fatal(err)
	}
	r := newTestReader(t, c, 0, ReaderOptions{})
	last := uint64(0)
	for _, b := range readEntries(t, r, durable+2) {
		if b.Sequence != last+1 {
			t.Fatalf("sequence %d after %d", b.Sequence, last)
		}
		last = b.Sequence
	}
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
