package journal

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
)

func testContext(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// writeClicks appends clicks from..to-1, a batch each.
func writeClicks(t testing.TB, w *Writer, from, to int) {
	t.Helper()
	for i := from; i < to; i++ {
		w.Click(clickNo(i))
		if err := w.Flush(testContext(t)); err != nil {
			t.Fatal(err)
		}
	}
}

func entriesOf(batches []*Batch) []Entry {
	var out []Entry
	for _, b := range batches {
		out = append(out, b.Entries...)
	}
	return out
}

func TestReaderStartsAfterAPosition(t *testing.T) {
	_, c := startEmbedded(t, t.TempDir(), EmbeddedOptions{})
	w := newTestWriter(t, c, WriterOptions{Name: "tracker-1"})
	writeClicks(t, w, 0, 10)
	end, err := c.EndPosition(testContext(t))
	if err != nil || end != 10 {
		t.Fatalf("the journal ends at %d, %v; want 10", end, err)
	}
	for _, after := range []uint64{0, 1, 9} {
		r := newTestReader(t, c, after, ReaderOptions{})
		batches := readEntries(t, r, 10-int(after))
		wantClicks(t, entriesOf(batches), int(after), 10)
		for i, b := range batches {
			if b.Position != after+uint64(i)+1 || b.Stored.IsZero() || b.Writer != "tracker-1" || b.BootID != w.BootID() {
				t.Fatalf("batch %+v", b)
			}
		}
	}
	r := newTestReader(t, c, 10, ReaderOptions{})
	writeClicks(t, w, 10, 12)
	wantClicks(t, entriesOf(readEntries(t, r, 2)), 10, 12)
}

func TestReadReturnsWhatIsThere(t *testing.T) {
	_, c := startEmbedded(t, t.TempDir(), EmbeddedOptions{})
	w := newTestWriter(t, c, WriterOptions{})
	writeClicks(t, w, 0, 10)
	r := newTestReader(t, c, 0, ReaderOptions{})
	eventually(t, func() bool { return len(r.batches) == 10 })
	batches, err := r.Read(testContext(t), 4)
	if err != nil || len(batches) != 4 {
		t.Fatalf("got %d batches, %v; want 4", len(batches), err)
	}
	if batches, err = r.Read(testContext(t), 100); err != nil || len(batches) != 6 {
		t.Fatalf("got %d batches, %v; want the other 6", len(batches), err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	if _, err := r.Read(ctx, 4); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("got %v from an empty journal", err)
	}
	r.Close()
	if _, err := r.Read(testContext(t), 4); !errors.Is(err, ErrClosed) {
		t.Fatalf("got %v, want ErrClosed", err)
	}
}

func TestReaderOutlivesItsConsumer(t *testing.T) {
	e, c := startEmbedded(t, t.TempDir(), EmbeddedOptions{})
	w := newTestWriter(t, c, WriterOptions{})
	writeClicks(t, w, 0, 3)
	reg := prometheus.NewRegistry()
	r := newTestReader(t, c, 0, ReaderOptions{Metrics: NewReaderMetrics(reg)})
	wantClicks(t, entriesOf(readEntries(t, r, 3)), 0, 3)
	if err := e.ns.ShutdownJetStream(); err != nil {
		t.Fatal(err)
	}
	w.Click(clickNo(3))
	wantClicks(t, entriesOf(readEntries(t, r, 1)), 3, 4)
	writeClicks(t, w, 4, 6)
	wantClicks(t, entriesOf(readEntries(t, r, 2)), 4, 6)
	if metric(t, reg, "read_opened_total") < 2 || metric(t, reg, "read_position") != 6 || metric(t, reg, "read_entries_total") != 6 {
		t.Fatal("the metrics do not show what was read")
	}
}

func TestReaderReportsWhatWasTrimmedUnread(t *testing.T) {
	_, c := startEmbedded(t, t.TempDir(), EmbeddedOptions{})
	w := newTestWriter(t, c, WriterOptions{})
	writeClicks(t, w, 0, 10)
	if first, err := c.Trim(testContext(t), 8, time.Now().Add(time.Hour)); err != nil || first != 8 {
		t.Fatalf("the first position after trimming is %d, %v; want 8", first, err)
	}
	for after, missing := range map[uint64]float64{0: 0, 7: 0, 8: 0, 3: 4} {
		reg := prometheus.NewRegistry()
		r := newTestReader(t, c, after, ReaderOptions{Metrics: NewReaderMetrics(reg)})
		batches := readEntries(t, r, 10-int(max(after, 7)))
		wantClicks(t, entriesOf(batches), int(max(after, 7)), 10)
		if n := metric(t, reg, "read_missing_total"); n != missing {
			t.Fatalf("after %d: %v missing batches counted, want %v", after, n, missing)
		}
		if gap := batches[0].Missing; float64(gap) != missing {
			t.Fatalf("after %d: the first batch says %d are missing, want %v", after, gap, missing)
		}
	}
}

func TestReaderPassesOverWhatWasDeletedByHand(t *testing.T) {
	_, c := startEmbedded(t, t.TempDir(), EmbeddedOptions{})
	w := newTestWriter(t, c, WriterOptions{})
	writeClicks(t, w, 0, 5)
	s, err := c.stream(testContext(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, position := range []uint64{3, 4} {
		if err := s.DeleteMsg(testContext(t), position); err != nil {
			t.Fatal(err)
		}
	}
	r := newTestReader(t, c, 0, ReaderOptions{})
	batches := readEntries(t, r, 3)
	if last := batches[2]; last.Position != 5 || last.Missing != 2 {
		t.Fatalf("the last batch is at %d, %d missing before it; want 5 and 2", last.Position, last.Missing)
	}
	if first, err := c.Trim(testContext(t), 5, time.Now().Add(time.Hour)); err != nil || first != 5 {
		t.Fatalf("trimmed to %d, %v; want 5", first, err)
	}
}

func TestReaderStopsAtAJournalThatEndsTooEarly(t *testing.T) {
	_, c := startEmbedded(t, t.TempDir(), EmbeddedOptions{})
	w := newTestWriter(t, c, WriterOptions{})
	writeClicks(t, w, 0, 3)
	r := newTestReader(t, c, 4, ReaderOptions{Patience: 300 * time.Millisecond})
	if _, err := r.Read(testContext(t), 1); !errors.Is(err, ErrRewound) {
		t.Fatalf("got %v, want ErrRewound", err)
	}
}

// publishRaw puts any bytes into the journal.
func publishRaw(t *testing.T, c *Conn, data []byte) {
	t.Helper()
	if err := c.EnsureStream(testContext(t)); err != nil {
		t.Fatal(err)
	}
	if _, err := c.js.Publish(testContext(t), subjectBatch, data); err != nil {
		t.Fatal(err)
	}
}

func TestReaderPassesOverWhatDoesNotDecode(t *testing.T) {
	_, c := startEmbedded(t, t.TempDir(), EmbeddedOptions{})
	publishRaw(t, c, []byte("not a batch"))
	publishRaw(t, c, encodeTest(t, Entry{Tick: &Tick{At: 1}}))
	reg := prometheus.NewRegistry()
	r := newTestReader(t, c, 0, ReaderOptions{Metrics: NewReaderMetrics(reg)})
	batches := readEntries(t, r, 1)
	if len(batches) != 2 || !errors.Is(batches[0].Malformed, ErrMalformed) || batches[0].Position != 1 || batches[1].Malformed != nil {
		t.Fatalf("got %+v", batches)
	}
	if metric(t, reg, "read_malformed_total") != 1 {
		t.Fatal("the malformed batch was not counted")
	}
}

// A ledger that is older than the trackers must stop, not skip.
func TestReaderStopsAtANewerFormat(t *testing.T) {
	_, c := startEmbedded(t, t.TempDir(), EmbeddedOptions{})
	data, err := encMode.Marshal(Header{Version: formatVersion + 1, Sequence: 1})
	if err != nil {
		t.Fatal(err)
	}
	publishRaw(t, c, encodeTest(t, Entry{Tick: &Tick{At: 1}}))
	publishRaw(t, c, data)
	r := newTestReader(t, c, 0, ReaderOptions{})
	if batches, err := r.Read(testContext(t), 1); err != nil || batches[0].Position != 1 {
		t.Fatalf("got %v", err)
	}
	for range 2 {
		if _, err := r.Read(testContext(t), 1); !errors.Is(err, ErrUnsupported) {
			t.Fatalf("got %v, want ErrUnsupported", err)
		}
	}
}

func TestTrimKeepsWhatIsYoungOrUnread(t *testing.T) {
	_, c := startEmbedded(t, t.TempDir(), EmbeddedOptions{})
	if first, err := c.Trim(testContext(t), 0, time.Now()); err != nil || first != 1 {
		t.Fatalf("trimming an empty journal: %d, %v", first, err)
	}
	w := newTestWriter(t, c, WriterOptions{})
	writeClicks(t, w, 0, 20)
	s, err := c.stream(testContext(t))
	if err != nil {
		t.Fatal(err)
	}
	stored := func(position uint64) time.Time {
		m, err := s.GetMsg(testContext(t), position)
		if err != nil {
			t.Fatal(err)
		}
		return m.Time
	}
	future := time.Now().Add(time.Hour)
	steps := []struct {
		position uint64
		notAfter time.Time
		want     uint64
	}{
		{5, time.Unix(0, 0), 1},
		{0, future, 1},
		{5, future, 5},
		{3, future, 5},
		{20, stored(9), 9},
		{20, stored(9).Add(1), 10},
		{20, future, 20},
		{20, future, 20},
		{100, future, 21},
	}
	for _, step := range steps {
		if first, err := c.Trim(testContext(t), step.position, step.notAfter); err != nil || first != step.want {
			t.Fatalf("%+v: first position %d, %v", step, first, err)
		}
	}
	// Positions go on, also from an empty journal.
	writeClicks(t, w, 20, 21)
	r := newTestReader(t, c, 20, ReaderOptions{})
	if b := readEntries(t, r, 1)[0]; b.Position != 21 || b.Missing != 0 {
		t.Fatalf("got position %d, %d missing", b.Position, b.Missing)
	}
}

func TestRepeatedBatchIsStoredOnce(t *testing.T) {
	_, c := startEmbedded(t, t.TempDir(), EmbeddedOptions{})
	data := encodeTest(t, Entry{Tick: &Tick{At: 1}})
	for range 3 {
		if err := (&publisher{conn: c}).append(testContext(t), testHeader.MessageID(), data); err != nil {
			t.Fatal(err)
		}
	}
	if end, err := c.EndPosition(testContext(t)); err != nil || end != 1 {
		t.Fatalf("%d batches stored, %v; want 1", end, err)
	}
}

func TestUnfitStreamIsRefused(t *testing.T) {
	tests := map[string]func(*jetstream.StreamConfig){
		"work queue":        func(s *jetstream.StreamConfig) { s.Retention = jetstream.WorkQueuePolicy },
		"discards old":      func(s *jetstream.StreamConfig) { s.Discard = jetstream.DiscardOld },
		"age limit":         func(s *jetstream.StreamConfig) { s.MaxAge = time.Hour },
		"in memory":         func(s *jetstream.StreamConfig) { s.Storage = jetstream.MemoryStorage },
		"no acks":           func(s *jetstream.StreamConfig) { s.NoAck = true },
		"limit a subject":   func(s *jetstream.StreamConfig) { s.MaxMsgsPerSubject = 1 },
		"asynchronous":      func(s *jetstream.StreamConfig) { s.PersistMode = jetstream.AsyncPersistMode },
		"another's subject": func(s *jetstream.StreamConfig) { s.Subjects = []string{"other"} },
	}
	_, c := startEmbedded(t, t.TempDir(), EmbeddedOptions{})
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			cfg := journalConfig(StreamOptions{})
			change(&cfg)
			eventually(t, func() bool { // the files of the last one take a moment to go
				_, err := c.js.CreateStream(testContext(t), cfg)
				return err == nil
			})
			defer func() { _ = c.js.DeleteStream(context.Background(), StreamName) }()
			if err := c.EnsureStream(testContext(t)); err == nil {
				t.Fatal("it was accepted")
			}
		})
	}
	if err := c.EnsureStream(testContext(t)); err != nil {
		t.Fatal(err)
	}
}

func TestBatchAboveTheServersLimitIsCompressed(t *testing.T) {
	e, err := StartEmbedded(t.TempDir(), EmbeddedOptions{Listen: "127.0.0.1:0", MaxPayload: 64 << 10})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	c, err := Connect(e.URL(), ConnectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	w := newTestWriter(t, c, WriterOptions{})
	rules := &Terms{}
	rules.Pricing.Payout.Rules = repeatedRules(5000)
	if err := w.Append(testContext(t), Entry{Postback: &Postback{Terms: rules}}); err != nil {
		t.Fatal(err)
	}
	noise := make([]byte, 200<<10)
	rnd := testRand(t)
	for i := range noise {
		noise[i] = byte(rnd.IntN(256))
	}
	if err := w.Append(testContext(t), Entry{Postback: &Postback{GoalRaw: string(noise)}}); !errors.Is(err, ErrTooLarge) {
		t.Fatalf("got %v, want ErrTooLarge", err)
	}
	for range 1000 {
		w.Click(benchClick(nil))
	}
	if err := w.Flush(testContext(t)); err != nil {
		t.Fatal(err)
	}
	r := newTestReader(t, c, 0, ReaderOptions{})
	batches := readEntries(t, r, 1001)
	if got := batches[0].Entries[0].Postback.Terms; len(got.Pricing.Payout.Rules) != 5000 {
		t.Fatal("the rules are not what they were")
	}
	if len(batches) < 5 {
		t.Fatalf("1,000 clicks in %d batches: the server's limit was not respected", len(batches)-1)
	}
}
