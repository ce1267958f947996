package ledger

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/waypost/waypost/tracker/journal"
	"github.com/waypost/waypost/tracker/ledger/store/storetest"
)

// What a ledger needs of the journal is what the journal has.
var (
	_ Reader    = (*journal.Reader)(nil)
	_ Appender  = (*journal.Writer)(nil)
	_ Publisher = (*journal.Conn)(nil)
	_ Trimmer   = (*journal.Conn)(nil)
)

// TestThroughTheJournal goes the whole way: a tracker's writer, the embedded
// journal, the ledger and back. Every postback gets its verdict in time, also those
// that come before their click, and closed caps are told.
func TestThroughTheJournal(t *testing.T) {
	storetest.Each(t, func(t *testing.T, target string) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		server, err := journal.StartEmbedded(t.TempDir(), journal.EmbeddedOptions{})
		if err != nil {
			t.Fatal(err)
		}
		defer server.Close()
		conn, err := server.Connect(journal.ConnectOptions{})
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		tracker, err := journal.NewWriter(conn, journal.WriterOptions{Name: "tracker", VerdictWait: 30 * time.Second})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = tracker.Close(ctx) }()
		own, err := journal.NewWriter(conn, journal.WriterOptions{Name: "ledger"})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = own.Close(ctx) }()
		o := newOffice(t, target, newTape(), func(o *Options) {
			o.Open = func(after, _ uint64) Reader { return journal.NewReader(conn, after, journal.ReaderOptions{}) }
			o.Append, o.Publish, o.Trim = own, conn, conn
		})
		done := make(chan error, 1)
		go func() { done <- o.ledger.Run(ctx) }()
		took := postThrough(ctx, t, tracker)
		slices.Sort(took)
		t.Logf("answered after %s (half), %s (all)", took[len(took)/2], took[len(took)-1])
		cancel()
		<-done
	})
}

// postThrough sends clicks and postbacks and returns how long the answers took.
func postThrough(ctx context.Context, t *testing.T, tracker *journal.Writer) []time.Duration {
	t.Helper()
	now := time.Now()
	second := now.Unix() - start
	var took []time.Duration
	for i := range 100 {
		p := postEntry(i, second, second+1).Postback
		p.At = now.UnixMicro()
		send := func() {
			begun := time.Now()
			v, err := tracker.Postback(ctx, p)
			took = append(took, time.Since(begun))
			if err != nil || !v.Known || v.Verdict != "approved" || v.Payout != 1_000_000 {
				t.Errorf("postback %d: %+v, %v", i, v, err)
			}
		}
		c := clickEntry(i, second).Click
		c.At = now.UnixMicro()
		if late := i%10 == 9; !late {
			tracker.Click(c)
		} else if i != 99 { // its click never comes
			time.AfterFunc(5*time.Millisecond, func() { tracker.Click(c) })
		}
		send()
	}
	again := postEntry(1, second, second+1).Postback
	if v, err := tracker.Postback(ctx, again); err != nil || fmt.Sprint(v.Verdict, " ", v.Reason) != "refused duplicate" {
		t.Errorf("the repetition: %+v, %v", v, err)
	}
	return took
}
