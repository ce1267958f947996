package journal

import (
	"errors"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// A full journal refuses new entries instead of dropping unread ones, and takes
// what waited once the ledger has trimmed it.
func TestFullStreamRefusesUntilItIsTrimmed(t *testing.T) {
	e, err := StartEmbedded(t.TempDir(), EmbeddedOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	c, err := e.Connect(ConnectOptions{Stream: StreamOptions{MaxBytes: 1 << 20}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	reg := prometheus.NewRegistry()
	w := newTestWriter(t, c, WriterOptions{VerdictWait: time.Millisecond, Metrics: NewWriterMetrics(reg)})
	post := func() error {
		_, err := w.Postback(testContext(t), &Postback{GoalRaw: noise(50_000)})
		return err
	}
	durable := 0
	for ; durable < 100; durable++ {
		if err = post(); err != nil {
			break
		}
	}
	if !errors.Is(err, ErrNotDurable) || !errors.Is(err, errFull) {
		t.Fatalf("after %d postbacks: %v, want that the journal is full", durable, err)
	}
	began := time.Now()
	if err := post(); !errors.Is(err, errFull) || time.Since(began) > time.Second {
		t.Fatalf("got %v after %v, want to hear at once that it is full", err, time.Since(began))
	}
	w.Click(clickNo(0))
	if _, err := c.Trim(testContext(t), uint64(durable), time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if err := w.Flush(testContext(t)); err != nil {
		t.Fatal(err)
	}
	if err := post(); err != nil {
		t.Fatalf("there is room again: %v", err)
	}
	// All answered ones, the one that waited in its batch, and the last.
	r := newTestReader(t, c, uint64(durable), ReaderOptions{})
	entries := entriesOf(readEntries(t, r, 3))
	if len(entries) != 3 || entries[0].Postback == nil || entries[1].Click == nil || entries[2].Postback == nil {
		t.Fatalf("%d entries, %+v", len(entries), entries)
	}
	if n := metric(t, reg, "postbacks_total", outcomeNotDurable) + metric(t, reg, "postbacks_total", outcomeRefused); n != 2 {
		t.Fatalf("%v postbacks counted as not durable, want 2", n)
	}
	if n := metric(t, reg, "postbacks_total", outcomeQueued); int(n) != durable+1 {
		t.Fatalf("%v postbacks counted as queued, want %d", n, durable+1)
	}
}

func TestImpressionsTravelLikeClicks(t *testing.T) {
	_, c := startEmbedded(t, t.TempDir(), EmbeddedOptions{})
	w := newTestWriter(t, c, WriterOptions{MaxBatchBytes: 2000})
	context := &Context{Offer: "shoes"}
	for range 100 {
		w.Impression(&Impression{Traffic: Traffic{ID: "i", Context: context}, DestinationName: "main", DestinationURL: "https://adv.example/imp"})
	}
	if err := w.Flush(testContext(t)); err != nil {
		t.Fatal(err)
	}
	r := newTestReader(t, c, 0, ReaderOptions{})
	batches := readEntries(t, r, 100)
	if len(batches) < 3 {
		t.Fatalf("%d batches of at most 2,000 bytes", len(batches))
	}
	for _, x := range entriesOf(batches) {
		if x.Impression == nil || x.Impression.Context.Offer != "shoes" || x.Impression.DestinationName != "main" {
			t.Fatalf("got %+v", x.Impression)
		}
	}
}

func TestLedgersOwnEntries(t *testing.T) {
	_, c := startEmbedded(t, t.TempDir(), EmbeddedOptions{})
	w := newTestWriter(t, c, WriterOptions{Name: "ledger"})
	if err := w.Append(testContext(t), Entry{Tick: &Tick{At: 5}}); err != nil {
		t.Fatal(err)
	}
	if err := w.Append(testContext(t), Entry{Moderation: &Moderation{ConversionID: "c1", Status: 3}}); err != nil {
		t.Fatal(err)
	}
	if err := w.Append(testContext(t), Entry{}); err == nil {
		t.Fatal("an empty entry was appended")
	}
	r := newTestReader(t, c, 0, ReaderOptions{})
	entries := entriesOf(readEntries(t, r, 2))
	if entries[0].Tick.At != 5 || entries[1].Moderation.ConversionID != "c1" {
		t.Fatalf("got %+v", entries)
	}
}
