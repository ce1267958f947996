package journal

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if config := os.Getenv(natsEnv); config != "" {
		if err := runNATS(config); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	goleak.VerifyTestMain(m,
		// The client library's connections and the server's last goroutines end soon
		// after Close; goleak retries for a while.
		goleak.IgnoreTopFunction("github.com/nats-io/nats-server/v2/server.init.0.func1"))
}

// startEmbedded returns a connection to a journal in a directory of its own.
func startEmbedded(t testing.TB, dir string, o EmbeddedOptions) (*Embedded, *Conn) {
	t.Helper()
	e, err := StartEmbedded(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	c, err := e.Connect(ConnectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return e, c
}

func newTestWriter(t testing.TB, c *Conn, o WriterOptions) *Writer {
	t.Helper()
	w, err := NewWriter(c, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
		defer cancel()
		_ = w.Close(ctx)
	})
	return w
}

// readEntries reads until n entries came.
func readEntries(t testing.TB, r *Reader, n int) []*Batch {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	var out []*Batch
	for got := 0; got < n; {
		batches, err := r.Read(ctx, 100)
		if err != nil {
			t.Fatalf("after %d of %d entries: %v", got, n, err)
		}
		for _, b := range batches {
			got += len(b.Entries)
		}
		out = append(out, batches...)
	}
	return out
}

// eventually waits until ok.
func eventually(t testing.TB, ok func() bool) {
	t.Helper()
	const patience = 2 * time.Minute // a hang, on however slow a machine: nothing is claimed about speed
	for end := time.Now().Add(patience); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("it did not come true within %s", patience)
		}
	}
}

func newTestReader(t testing.TB, c *Conn, after uint64, o ReaderOptions) *Reader {
	t.Helper()
	r := NewReader(c, after, o)
	t.Cleanup(r.Close)
	return r
}

func TestJournalCarriesEntriesAndVerdicts(t *testing.T) {
	_, c := startEmbedded(t, t.TempDir(), EmbeddedOptions{})
	w := newTestWriter(t, c, WriterOptions{Name: "tracker-1", VerdictWait: 10 * time.Second})
	r := newTestReader(t, c, 0, ReaderOptions{})
	ctx := context.Background()
	for i := range 100 {
		w.Click(&Click{Traffic: Traffic{ID: fmt.Sprint("click-", i), Context: &Context{Offer: "shoes"}}})
	}
	go func() {
		for {
			batches, err := r.Read(ctx, 10)
			if err != nil {
				return
			}
			for _, b := range batches {
				v := Verdicts{BootID: b.BootID, Sequence: b.Sequence}
				for i, x := range b.Entries {
					if x.Postback != nil {
						v.Items = append(v.Items, VerdictItem{Entry: i, Verdict: Verdict{Verdict: "approved", Conversion: x.Postback.ClickID}})
					}
				}
				_ = c.PublishVerdicts(b.Reply, v)
			}
		}
	}()
	got, err := w.Postback(ctx, &Postback{ClickID: "click-7"})
	if err != nil {
		t.Fatal(err)
	}
	want := Verdict{Verdict: "approved", Conversion: "click-7", Known: true}
	if got != want {
		t.Fatalf("got %+v, want %+v", got, want)
	}
	if err := w.Close(ctx); err != nil {
		t.Fatal(err)
	}
}
