package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/waypost/waypost/tracker/journal"
	"github.com/waypost/waypost/tracker/ledger/store/storetest"
)

func TestBetween(t *testing.T) {
	began := time.Unix(0, 0)
	at := func(s float64, entries float64) mark {
		return mark{began.Add(time.Duration(s * float64(time.Second))), entries, time.Duration(s * float64(time.Second) / 2)}
	}
	// Slow at first, then 100 a second for clicks and 50 for postbacks.
	progress := []mark{at(0, 0), at(5, 0), at(6, 100), at(7, 200), at(15, 1000), at(15.5, 1000), at(16, 1020), at(17, 1070), at(19, 1170), at(19.6, 1200)}
	if got := between(progress, 0, 1000); got != (pace{100, 5000}) {
		t.Errorf("clicks: %+v", got)
	}
	if got := between(progress, 1000, 1200); got != (pace{50, 10_000}) {
		t.Errorf("postbacks: %+v", got)
	}
	for _, progress := range [][]mark{nil, {at(1, 500)}} {
		if got := between(progress, 0, 1000); got != (pace{}) {
			t.Errorf("%d marks: %+v", len(progress), got)
		}
	}
}

func TestMilliseconds(t *testing.T) {
	out := "BenchmarkReport/rows=45000/sqlite-2   10   123456789 ns/op   100.5 cpu-ms/op\nBenchmarkReport/rows=45000/postgres 	 10	  2000000 ns/op\n"
	for engine, want := range map[string]float64{"sqlite": 123.456789, "postgres": 2} {
		if got, err := milliseconds(out, engine); err != nil || got != want {
			t.Errorf("%s: %v, %v", engine, got, err)
		}
	}
	if _, err := milliseconds(out, "mysql"); err == nil {
		t.Error("an engine that did not run: no error")
	}
}

// The journal has the clicks, then one postback for each of some of them, that
// carries its click's id and time.
func TestTraffic(t *testing.T) {
	const clicks, postbacks = 1000, 100
	nats, err := journal.StartEmbedded(t.TempDir(), journal.EmbeddedOptions{Lazy: true})
	if err != nil {
		t.Fatal(err)
	}
	defer nats.Close()
	conn, err := nats.Connect(journal.ConnectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	traffic, err := newTraffic(clicks, postbacks)
	if err != nil {
		t.Fatal(err)
	}
	if err := traffic.write(t.Context(), conn); err != nil {
		t.Fatal(err)
	}
	reader := journal.NewReader(conn, 0, journal.ReaderOptions{})
	defer reader.Close()
	byID, converted := map[string]*journal.Click{}, map[string]bool{}
	for n := 0; n < clicks+postbacks; {
		batches, err := reader.Read(t.Context(), 100)
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range batches {
			for _, e := range b.Entries {
				n++
				switch {
				case e.Click != nil:
					byID[e.Click.ID] = e.Click
				case len(byID) < clicks:
					t.Fatal("a postback before the last click")
				default:
					p := e.Postback
					c := byID[p.ClickID]
					if c == nil || c.At/1e6 != p.SessionAt || c.Context.Offer != p.Terms.Offer.Name || c.Context.Partner != p.Terms.Partner.Name {
						t.Fatalf("postback %+v of click %+v", p, c)
					}
					converted[p.ClickID] = true
				}
			}
		}
	}
	if len(byID) != clicks || len(converted) != postbacks {
		t.Errorf("%d clicks, %d converted", len(byID), len(converted))
	}
}

func TestBareStatements(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bare.db")
	for name, f := range map[string]func(context.Context, string, time.Duration) (float64, error){"inserts": sqliteInserts, "conversions": sqliteConversions} {
		if got, err := f(t.Context(), path, 50*time.Millisecond); err != nil || got <= 0 {
			t.Errorf("%s: %v a second, %v", name, got, err)
		}
	}
	var b bench
	defer b.postgres.Stop()
	url, err := b.postgres.Database()
	if err != nil && os.Getenv(storetest.Require) == "1" {
		t.Fatal(err)
	}
	if err != nil {
		t.Skip(fmt.Sprint("PostgreSQL is not here: ", err))
	}
	for name, f := range map[string]func(context.Context, string, time.Duration) (float64, error){"inserts": postgresInserts, "conversions": postgresConversions} {
		if got, err := f(t.Context(), url, 50*time.Millisecond); err != nil || got <= 0 {
			t.Errorf("PostgreSQL %s: %v a second, %v", name, got, err)
		}
	}
}
