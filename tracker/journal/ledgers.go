package journal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
)

// subjectLedgers is where ledgers are asked what they read.
const subjectLedgers = "waypost.ledgers"

const (
	// askWait is how long live ledgers have to answer. One that is slower stops at what
	// it does not read, and loses nothing.
	askWait = 250 * time.Millisecond
	// askEvery is how long answers count.
	askEvery = 5 * time.Second
)

// ErrLedgerTooOld reports that a live ledger does not read what was to be written. Nothing
// was written: upgrade the ledger that the error names, and try again.
var ErrLedgerTooOld = errors.New("a ledger is too old for this entry of the journal")

// ledgerFormat is what a live ledger announces.
type ledgerFormat struct {
	// Name is that of the process, and Program its version: both for people.
	Name    string `json:"name"`
	Program string `json:"program"`
	// Reads is the newest version of the format that it reads.
	Reads int `json:"reads"`
}

// Announce answers on a connection, until it is closed, what this ledger reads. name and
// program are those of the process, for people.
func Announce(c *Conn, name, program string) error {
	body, err := json.Marshal(ledgerFormat{Name: name, Program: program, Reads: formatVersion})
	if err != nil {
		return fmt.Errorf("announce what the ledger reads: %w", err)
	}
	_, err = c.nc.Subscribe(subjectLedgers, func(m *nats.Msg) {
		_ = m.Respond(body) // a writer that hears nothing is one without this ledger
	})
	if err != nil {
		return fmt.Errorf("announce what the ledger reads: %w", err)
	}
	return nil
}

// askLedgers asks the live ledgers what they read. None is no error: a ledger that starts
// later stops by itself at what it does not read.
func askLedgers(ctx context.Context, nc *nats.Conn) ([]ledgerFormat, error) {
	inbox := nc.NewRespInbox()
	sub, err := nc.SubscribeSync(inbox)
	if err != nil {
		return nil, fmt.Errorf("ask the ledgers what they read: %w", err)
	}
	defer func() { _ = sub.Unsubscribe() }() // it fails where the connection is closed
	if err := nc.PublishRequest(subjectLedgers, inbox, nil); err != nil {
		return nil, fmt.Errorf("ask the ledgers what they read: %w", err)
	}
	waiting, cancel := context.WithTimeout(ctx, askWait)
	defer cancel()
	var out []ledgerFormat
	for {
		m, err := sub.NextMsgWithContext(waiting)
		if err != nil {
			return out, ctx.Err() // the end of the wait is no error
		}
		if len(m.Data) == 0 {
			return out, nil // the server's word for nobody
		}
		var l ledgerFormat
		if json.Unmarshal(m.Data, &l) == nil {
			out = append(out, l)
		}
	}
}

// readers remembers what the live ledgers read. Safe for concurrent use.
type readers struct {
	ask func(context.Context) ([]ledgerFormat, error)
	now func() time.Time

	mu    sync.Mutex
	asked time.Time
	list  []ledgerFormat
}

// admit returns an error that wraps ErrLedgerTooOld and ErrNotDurable, and names the
// ledgers, where one does not read entries of that format.
func (r *readers) admit(ctx context.Context, version int) error {
	if version <= firstVersion {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if now := r.now(); r.asked.IsZero() || now.Sub(r.asked) >= askEvery {
		list, err := r.ask(ctx)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrNotDurable, err)
		}
		r.asked, r.list = now, list
	}
	var old []string
	for _, l := range r.list {
		if l.Reads < version {
			old = append(old, fmt.Sprintf("%s (%s, reads format %d of %d)", l.Name, l.Program, l.Reads, version))
		}
	}
	if len(old) == 0 {
		return nil
	}
	r.asked = time.Time{} // it may be upgraded at any moment
	return fmt.Errorf("%w: %w: upgrade %s", ErrNotDurable, ErrLedgerTooOld, strings.Join(old, ", "))
}
