package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	_ "modernc.org/sqlite" // the driver "sqlite", pure Go
)

// sqlite is a database in one file: WAL, synchronous FULL, one connection that
// writes and several that read.
type sqlite struct {
	writer *sql.DB
	read   *sql.DB
	// turn holds the one writing connection while it is idle.
	turn chan *sqliteWriter
	// committed wakes the checkpoints; stop ends them, and done is closed then.
	committed  chan struct{}
	stop, done chan struct{}
}

func openSQLite(ctx context.Context, path string) (*sqlite, error) {
	path, err := filepath.Abs(strings.TrimPrefix(path, "sqlite:"))
	if err != nil {
		return nil, fmt.Errorf("open the ledger database: %w", err)
	}
	unlock, err := lockMigration(path)
	if err != nil {
		return nil, err
	}
	defer unlock()
	writer, err := sql.Open("sqlite", sqliteSource(path, "page_size(8192)", "journal_mode(WAL)", "synchronous(FULL)", "cache_size(-65536)", "journal_size_limit(67108864)", selfCheckpoint))
	if err != nil {
		return nil, fmt.Errorf("open the ledger database %s: %w", path, err)
	}
	writer.SetMaxOpenConns(1)
	e := &sqlite{
		writer: writer, turn: make(chan *sqliteWriter, 1),
		committed: make(chan struct{}, 1), stop: make(chan struct{}), done: make(chan struct{}),
	}
	if err := e.prepare(ctx, path); err != nil {
		return nil, errors.Join(fmt.Errorf("open the ledger database %s: %w", path, Advised(err)), e.close())
	}
	return e, nil
}

func (e *sqlite) prepare(ctx context.Context, path string) error {
	if err := migrateSQLite(ctx, e.writer); err != nil {
		return err
	}
	conn, err := e.writer.Conn(ctx)
	if err != nil {
		return err
	}
	e.turn <- newSQLiteWriter(conn)
	e.read, err = sql.Open("sqlite", sqliteSource(path, "query_only(1)", "cache_size(-16384)"))
	if err != nil {
		return err
	}
	e.read.SetMaxOpenConns(4)
	go e.keepCheckpointing()
	return nil
}

// sqliteSource is the driver's name for the file with the given pragmas.
func sqliteSource(path string, pragmas ...string) string {
	q := url.Values{"_pragma": append([]string{"busy_timeout(10000)"}, pragmas...)}
	q.Set("_txlock", "immediate")
	return (&url.URL{Scheme: "file", Path: path, RawQuery: q.Encode()}).String()
}

// lockMigration keeps two processes from migrating one file at once.
func lockMigration(path string) (unlock func(), err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("make the directory of the ledger database: %w", err)
	}
	f, err := os.OpenFile(path+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the lock of the ledger database: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		return nil, errors.Join(fmt.Errorf("lock the ledger database: %w", err), f.Close())
	}
	return func() { _ = f.Close() }, nil
}

func (e *sqlite) reader() *sql.DB { return e.read }
func (e *sqlite) dollars() bool   { return false }

func (e *sqlite) begin(ctx context.Context) (session, error) {
	var w *sqliteWriter
	select {
	case w = <-e.turn:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	err := w.start(ctx)
	if errors.Is(err, sql.ErrConnDone) || errors.Is(err, driver.ErrBadConn) {
		// The driver has given the connection up; another one goes on where it was.
		if err = e.reconnect(ctx, w); err == nil {
			err = w.start(ctx)
		}
	}
	if err != nil {
		w.abort()
		e.turn <- w
		return nil, err
	}
	return &sqliteSession{sqliteWriter: w, engine: e}, nil
}

// reconnect gives the writer a new connection.
func (e *sqlite) reconnect(ctx context.Context, w *sqliteWriter) error {
	_ = w.close() // there is one connection only, and it is of no use
	conn, err := e.writer.Conn(ctx)
	if err != nil {
		return err
	}
	*w = *newSQLiteWriter(conn)
	return nil
}

func (e *sqlite) close() error {
	var errs []error
	if e.read != nil {
		close(e.stop)
		<-e.done
	}
	select {
	case w := <-e.turn:
		errs = append(errs, w.close())
	default:
	}
	errs = append(errs, e.writer.Close())
	if e.read != nil {
		errs = append(errs, e.read.Close())
	}
	return errors.Join(errs...)
}
