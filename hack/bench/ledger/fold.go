package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/waypost/waypost/hack/bench/figures"
	"github.com/waypost/waypost/hack/bench/instance"
	"github.com/waypost/waypost/tracker/journal"
)

// engine is a kind of database.
type engine struct {
	name string // in the names of figures
	// database returns the URL or file of an empty database.
	database func() (string, error)
	// inserts and conversions do the same amount of work with bare statements, and
	// return how many a second.
	inserts, conversions func(ctx context.Context, url string, d time.Duration) (float64, error)
}

func (b *bench) engines() []engine {
	return []engine{
		{"embedded", func() (string, error) { return b.path("ledger.db"), nil }, sqliteInserts, sqliteConversions},
		{"PostgreSQL", b.postgres.Database, postgresInserts, postgresConversions},
	}
}

// measureFold fills a journal and lets the ledger fold it into each database. The server
// of PostgreSQL that tests start does not sync; here it must, as a real one does.
func (b *bench) measureFold(ctx context.Context) ([]figures.Figure, error) {
	if err := os.Setenv("WAYPOST_POSTGRES_FSYNC", "1"); err != nil {
		return nil, err
	}
	nats, err := journal.StartEmbedded(b.path("journal"), journal.EmbeddedOptions{Listen: "127.0.0.1:0"})
	if err != nil {
		return nil, err
	}
	defer nats.Close()
	if err := b.fill(ctx, nats); err != nil {
		return nil, err
	}
	var list []figures.Figure
	for _, e := range b.engines() {
		taken, err := b.measureEngine(ctx, nats, e)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", e.name, err)
		}
		list = append(list, taken...)
	}
	return list, nil
}

// fill writes the journal, clicks first, so that all sessions are open when the first
// postback comes: the most that the ledger can be asked to keep at hand.
func (b *bench) fill(ctx context.Context, nats *journal.Embedded) error {
	say("writing a journal of %d clicks and %d postbacks", b.clicks, b.postbacks)
	conn, err := nats.Connect(journal.ConnectOptions{})
	if err != nil {
		return err
	}
	defer conn.Close()
	t, err := newTraffic(b.clicks, b.postbacks)
	if err != nil {
		return err
	}
	return t.write(ctx, conn)
}

// measureEngine measures the ledger, and bare statements after it.
func (b *bench) measureEngine(ctx context.Context, nats *journal.Embedded, e engine) ([]figures.Figure, error) {
	say("%s: folding", e.name)
	url, err := e.database()
	if err != nil {
		return nil, err
	}
	f, err := b.fold(ctx, nats, url)
	if err != nil {
		return nil, err
	}
	say("%s: %.0f clicks/s, %.0f postbacks/s; bare statements", e.name, f.clicks.perSecond, f.postbacks.perSecond)
	inserts, conversions, err := b.bare(ctx, e)
	if err != nil {
		return nil, err
	}
	return []figures.Figure{
		{Name: "click rows/s, " + e.name, Unit: "/s", Value: f.clicks.perSecond, Reference: inserts, Of: "bare inserts, 5,000 a batch"},
		{Name: "postbacks judged/s, " + e.name, Unit: "/s", Value: f.postbacks.perSecond, Reference: conversions, Of: "bare conversions, 64 clients"},
		{Name: "CPU a click row, " + e.name, Unit: "µs", Value: f.clicks.cpu},
		{Name: "CPU a postback, " + e.name, Unit: "µs", Value: f.postbacks.cpu},
		{Name: "memory at the open sessions, " + e.name, Unit: "MiB", Value: f.memory},
		{Name: "most memory, " + e.name, Unit: "MiB", Value: f.most},
	}, nil
}

// bare measures bare statements on a database of their own.
func (b *bench) bare(ctx context.Context, e engine) (inserts, conversions float64, err error) {
	url, err := e.database()
	if err != nil {
		return 0, 0, err
	}
	if e.name == "embedded" {
		url = b.path("bare.db")
	}
	if inserts, err = e.inserts(ctx, url, b.reference); err != nil {
		return 0, 0, fmt.Errorf("bare inserts: %w", err)
	}
	conversions, err = e.conversions(ctx, url, b.reference)
	return inserts, conversions, err
}

// folded is how fast a journal went into the tables.
type folded struct {
	clicks, postbacks pace
	memory, most      float64 // MiB, when all sessions are open, and at any time
}

// fold runs a ledger on an empty database until it has folded the journal.
func (b *bench) fold(ctx context.Context, nats *journal.Embedded, url string) (f folded, err error) {
	tokenFile := b.path("admin.token")
	if err := os.WriteFile(tokenFile, []byte("a-token-of-the-benchmark-that-nobody-uses\n"), 0o600); err != nil {
		return f, err
	}
	ledger, err := instance.Start(ctx, instance.Options{Binary: b.binary, Log: b.path("ledger.log")}, false,
		"ledger", "--journal-url", nats.URL(), "--database", url, "--admin-token-file", tokenFile)
	if err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, ledger.Stop()) }()
	return b.watch(ctx, ledger)
}

// foldMost bounds how long folding may take.
const foldMost = 5 * time.Minute

// lookEvery is how often a ledger is asked how far it is: seldom, because each time costs
// it half a millisecond, and often enough for the tenths of a second that a group takes.
const lookEvery = 50 * time.Millisecond

// watch follows a ledger through the clicks and then the postbacks, by its counter of
// folded entries and its processor time. Rates are those between two looks well inside
// of each phase, and memory is that at the first look with all clicks folded.
func (b *bench) watch(ctx context.Context, ledger *instance.Instance) (f folded, err error) {
	ctx, cancel := context.WithTimeout(ctx, foldMost)
	defer cancel()
	var progress []mark
	all := float64(b.clicks + b.postbacks)
	err = ledger.UntilEvery(ctx, lookEvery, func(ctx context.Context) bool {
		m, err := ledger.Metrics(ctx)
		if err != nil {
			return false
		}
		entries := m["waypost_ledger_entries_total"]
		if f.memory == 0 && entries >= float64(b.clicks) {
			f.memory, _, _ = ledger.Memory() // 0 is asked for again
		}
		used, _ := ledger.CPU() // 0 shows in the figure
		progress = append(progress, mark{time.Now(), entries, used})
		return entries >= all
	})
	if err != nil {
		return f, err
	}
	f.clicks = between(progress, 0, float64(b.clicks))
	f.postbacks = between(progress, float64(b.clicks), all)
	if f.clicks == (pace{}) || f.postbacks == (pace{}) {
		return f, fmt.Errorf("%d clicks and %d postbacks were folded in so few groups that their pace cannot be told: measure more", b.clicks, b.postbacks)
	}
	_, f.most, err = ledger.Memory()
	return f, err
}

// mark is how many entries were folded at a time, with how much processor time.
type mark struct {
	at      time.Time
	entries float64
	cpu     time.Duration
}

// pace is how fast entries were folded.
type pace struct {
	perSecond float64
	cpu       float64 // µs of processor time an entry, the database's own not included
}

// between is the pace between the first and the last mark within a range, its first
// tenth left out: what it takes to begin is not the rate.
func between(progress []mark, from, to float64) pace {
	var first, last mark
	for _, m := range progress {
		if m.entries < from+(to-from)/10 || m.entries > to {
			continue
		}
		if first.at.IsZero() {
			first = m
		}
		if m.entries > last.entries {
			last = m
		}
	}
	entries := last.entries - first.entries
	if entries <= 0 || !last.at.After(first.at) {
		return pace{}
	}
	return pace{
		perSecond: entries / last.at.Sub(first.at).Seconds(),
		cpu:       float64((last.cpu - first.cpu).Nanoseconds()) / 1000 / entries,
	}
}
