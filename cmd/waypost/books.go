package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/pflag"
	"go.opentelemetry.io/otel/trace"

	"github.com/waypost/waypost/api/seal"
	"github.com/waypost/waypost/tracker/journal"
	"github.com/waypost/waypost/tracker/ledger"
	"github.com/waypost/waypost/tracker/ledger/store"
)

// booksFlags are the ledger's, of serve and ledger alike.
type booksFlags struct {
	// database is a file name for SQLite, or a URL of PostgreSQL.
	database string
	// retain and retainPersonal are whole days: rows are removed by day.
	retain         time.Duration
	retainPersonal time.Duration
	journalRetain  time.Duration
	// allowPrivate lifts the guard of outgoing calls. URLs are the partners' own, so
	// without the guard a partner could have the ledger call any service of the cluster.
	allowPrivate bool
	// acceptJournal and newKeys are codes from an error, each the permission to go on
	// after one loss: of the journal that belongs to the database, of the sealing keys.
	acceptJournal string
	newKeys       string
}

// addFlags adds the flags of the ledger. database is the default of --database; "" lets
// the caller choose a place later.
func (f *booksFlags) addFlags(flags *pflag.FlagSet, database string) {
	flags.StringVar(&f.database, "database", database, "file of the embedded database, or postgres://…")
	flags.DurationVar(&f.retain, "retain", 90*24*time.Hour, "how long clicks, impressions, the postback log and deliveries that are over are kept, in whole days; 0 is for ever. Conversions and reports stay")
	flags.DurationVar(&f.retainPersonal, "retain-personal", 30*24*time.Hour, "how long visitors' addresses, user agents and referrers are kept, in whole days; 0 is as long as the clicks")
	flags.DurationVar(&f.journalRetain, "journal-retain", 35*24*time.Hour, "how long the journal is kept for a rebuild, at most 35 days")
	flags.StringVar(&f.acceptJournal, "accept-journal", "", "code of a mismatch of journal and database, from the log: go on with this journal, without what it lacks")
	flags.StringVar(&f.newKeys, "new-keys", "", "code of a loss of sealing keys, from the error: go on with others; all click ids and sealed links in the wild are dead")
	flags.BoolVar(&f.allowPrivate, "allow-private-deliveries", false, "let outgoing calls go to private, loopback and link-local addresses")
}

// check refuses what the ledger would not keep to.
func (f *booksFlags) check() error {
	return errors.Join(checkDays("retain", f.retain), checkDays("retain-personal", f.retainPersonal))
}

// bookkeeping is a ledger with what belongs to it: the open database, the fold, and the
// writer of the ledger's own entries (ticks and decisions of moderators), which come
// back to it through the journal like those of trackers.
type bookkeeping struct {
	flags   booksFlags
	store   *store.Store
	ledger  *ledger.Ledger
	writer  *journal.Writer
	conn    *journal.Conn
	metrics prometheus.Registerer
	tracer  trace.Tracer
	log     logr.Logger
}

// leaderPatience is how long a cluster of journal servers may present an older journal:
// a server that has just become leader may lag for a moment. An embedded journal has no
// other server, and gets none.
const leaderPatience = 10 * time.Second

// openBooks opens the database and makes the ledger on it. Nothing is read from the
// journal yet; fold does so. The caller closes the result.
func openBooks(ctx context.Context, f booksFlags, conn *journal.Conn, metrics prometheus.Registerer, tracer trace.Tracer, log logr.Logger) (*bookkeeping, error) {
	if err := f.check(); err != nil {
		return nil, err
	}
	s, err := store.Open(ctx, f.database)
	if err != nil {
		return nil, fmt.Errorf("opening the ledger's database (--database): %w", err)
	}
	name, _ := os.Hostname() // for people; "" is still an answer
	if err := journal.Announce(conn, name, version); err != nil {
		_ = s.Close() // the first error is returned
		return nil, err
	}
	writer, err := journal.NewWriter(conn, journal.WriterOptions{Name: "ledger", Log: log.WithName("journal")})
	if err != nil {
		_ = s.Close() // the first error is returned
		return nil, err
	}
	patience := leaderPatience
	if conn.Embedded() {
		patience = 0
	}
	readerMetrics := journal.NewReaderMetrics(metrics)
	return &bookkeeping{
		flags: f, store: s, writer: writer, conn: conn, metrics: metrics, tracer: tracer, log: log,
		ledger: ledger.New(ledger.Options{
			Store: s,
			Open: func(after, digest uint64) ledger.Reader {
				return journal.NewReader(conn, after, journal.ReaderOptions{Metrics: readerMetrics, Digest: digest})
			},
			Journal: conn, OwnJournal: conn.Embedded(), Patience: patience, Accept: f.acceptJournal, NewKeys: f.newKeys,
			End:     conn.EndPosition,
			Append:  writer,
			Publish: conn, Trim: conn,
			JournalRetain: f.journalRetain, Retain: f.retain, RetainPersonal: f.retainPersonal,
			Log: log.WithName("ledger"), Metrics: ledger.NewMetrics(metrics), Tracer: tracer,
		}),
	}, nil
}

// checkJournal holds a journal that is not that of the books before anything is written
// to it. What it cannot find out is found out by the fold.
func (b *bookkeeping) checkJournal(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, leaderPatience)
	defer cancel()
	if _, err := b.ledger.CheckJournal(ctx); err != nil {
		b.log.Error(err, "the journal was not compared with the books, trying again")
	}
}

// watchKeys compares the sealing keys in dir with the books whenever they change. Keys
// of another installation make the ledger not ready, until the right ones are back or
// --new-keys accepts their loss (docs/operate.md, "Restore").
func (b *bookkeeping) watchKeys(dir string) task {
	return (&seal.Watcher{
		Dir:      dir,
		OnChange: func(ring *seal.Keyring) { b.ledger.SetKeys(ring.Fingerprints()) },
		OnError: func(err error) {
			b.log.Error(err, "reading the sealing keys; those before are compared with the books")
		},
	}).Run
}

// fold reads the journal into the tables until ctx ends. An error at that moment is one
// of the end, such as an interrupted read, and none of the fold.
func (b *bookkeeping) fold(ctx context.Context) error {
	err := b.ledger.Run(ctx)
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// close flushes the ledger's own entries to the journal and closes the database, after
// the tasks that use them have ended. The database stays open where the flush fails; the
// process ends anyway.
func (b *bookkeeping) close(ctx context.Context) error {
	if err := b.writer.Close(ctx); err != nil {
		return fmt.Errorf("flushing the ledger's own entries: %w", err)
	}
	return b.store.Close()
}
