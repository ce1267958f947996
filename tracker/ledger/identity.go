package ledger

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/cespare/xxhash/v2"

	"github.com/waypost/waypost/tracker/journal"
	"github.com/waypost/waypost/tracker/ledger/store"
)

// The tables are made of one journal, and only of that. They keep its id and the digest
// of the last batch that was folded; the journal keeps its id, and that batch, which is
// never trimmed. Both are compared before anything is read, at each start and whenever
// a reader finds that the journal has changed under it. On a mismatch nothing is folded
// and the journal is held, so that no postback is answered for which one of the two
// that is replaced would lose. It ends when the two fit again, or when the mismatch is
// accepted by its code: then this journal is folded from its beginning. Batches that
// the tables have are passed over by the sequences of their writers.

// Mismatch is why the journal, or the sealing keys, are not those that the tables were
// made with.
type Mismatch struct {
	problem string
	// Code names this mismatch and no other, for Options.Accept.
	Code string
	// foreign is whether other books have the journal: it is not to be held.
	foreign bool
	// keys is whether the sealing keys are the problem, and not the journal.
	keys bool
}

func (m *Mismatch) Error() string {
	if m.keys {
		return "the sealing keys are not those that the books were made with: the newest of those, with the fingerprint " + m.problem +
			", is missing: these are another's, or an older copy; nothing is folded and postbacks are refused. " +
			"Restore the keys from their newest copy, or give the missing ones up: every click id and sealed link that they made is then dead, and its conversions are lost: " +
			"start once with --new-keys " + m.Code
	}
	return "the journal is not the one that the books were made of: " + m.problem +
		"; nothing is folded and postbacks are refused. Restore the journal or the database, so that they belong together, " +
		"or give up what this journal lacks: start once with --accept-journal " + m.Code
}

// mismatch returns the mismatch of the tables at p with the journal at s, nil where they
// belong together. folded is the last sequence that the tables have of the writer of the
// batch at their position: earlier versions kept no digest.
func mismatch(p store.Progress, s journal.State, folded uint64) *Mismatch {
	m := &Mismatch{Code: code(p, s)}
	switch {
	case p.Journal != "" && s.ID != "" && p.Journal != s.ID:
		m.foreign = true
		m.problem = fmt.Sprintf("it has the id %s, theirs had %s", s.ID, p.Journal)
	case s.Last < s.Answered:
		m.problem = fmt.Sprintf("it ends at position %d, and its entries up to %d were answered for: it is new, has lost its end, or is an older copy", s.Last, s.Answered)
	case s.Replaced:
		m.problem = fmt.Sprintf("it has another batch at position %d than the one that was answered for: it has lost its end or is an older copy, and was written to since", s.Answered)
	case p.Position == 0:
		return nil
	case s.Last < p.Position:
		m.problem = fmt.Sprintf("it ends at position %d, they at %d: it is new, has lost its end, or is an older copy", s.Last, p.Position)
	case s.First > p.Position+1:
		m.problem = fmt.Sprintf("it begins at position %d, they end at %d: the %d batches between were never folded", s.First, p.Position, s.First-1-p.Position)
	case s.First == p.Position+1, s.Digest == 0 && p.Journal == s.ID, s.Digest != 0 && s.Digest == p.Digest, p.Digest == 0 && s.Sequence <= folded:
		return nil
	default:
		m.problem = fmt.Sprintf("it has another batch at position %d, where they end: it has lost its end or is an older copy, and was written to since", p.Position)
	}
	return m
}

func code(p store.Progress, s journal.State) string {
	text := fmt.Sprint(p.Position, p.Digest, p.Journal, s.ID, s.Digest, s.Answered, min(s.Last, s.Answered))
	return fmt.Sprintf("%08x", uint32(xxhash.Sum64String(text)))
}

// matching compares the tables with the journal and the sealing keys. Of Run alone, but
// for what is atomic.
type matching struct {
	o       *Options
	trouble *trouble
	// recognised is whether the journal is that of the tables; while it is not, it gets no
	// ticks and is not trimmed. mismatch holds why not.
	recognised atomic.Bool
	mismatch   atomic.Pointer[Mismatch]
	// doubted is since when the journal does not fit.
	doubted time.Time
	// accepted is whether a mismatch was accepted: what is remembered of the tables is stale.
	accepted bool
	// keys are the fingerprints of the sealing keys in use, nil where none are compared;
	// rekeyed holds a word of their change.
	keys    atomic.Pointer[string]
	rekeyed chan struct{}
}

// check compares both sides, and acts on what it finds; see Ledger.CheckJournal.
func (x *matching) check(ctx context.Context) (*Mismatch, error) {
	p, s, folded, err := x.inspect(ctx)
	if err != nil {
		return nil, err
	}
	m := mismatch(p, s, folded)
	if m != nil && m.Code == x.o.Accept {
		if err := x.accept(ctx, m, p, s); err != nil {
			return nil, err
		}
		return x.check(ctx)
	}
	if m == nil { // another's journal is not held for its keys
		if m, err = x.checkKeys(ctx); err != nil {
			return nil, err
		}
	}
	x.o.Metrics.inspected(m != nil, s)
	if m != nil {
		return m, x.refuse(ctx, m)
	}
	if p.Journal == "" && s.ID != "" && (s.First > 1 || s.Last == 0) {
		x.o.Log.Error(nil, "the books are new, and the journal was that of others and has lost its beginning or all of it: what it lacks is missing in these books; "+
			"restore the database from its copy, and the journal with it", "from", s.First, "to", s.Last, "journal", s.ID)
	}
	if err := x.identify(ctx, p, s); err != nil {
		return nil, err
	}
	if s.Held {
		err = x.o.Journal.Release(ctx)
	}
	if err != nil {
		return nil, err
	}
	x.welcome(s)
	return nil, nil
}

// inspect reads both sides.
func (x *matching) inspect(ctx context.Context) (p store.Progress, s journal.State, folded uint64, err error) {
	err = x.o.Store.Update(ctx, func(tx *store.Tx) (err error) {
		p, err = tx.Progress.Read(ctx)
		return err
	})
	if err != nil {
		return p, s, 0, err
	}
	if s, err = x.o.Journal.Inspect(ctx, p.Position); err != nil || s.Sequence == 0 {
		return p, s, 0, err
	}
	err = x.o.Store.Update(ctx, func(tx *store.Tx) error {
		known, err := tx.Progress.Sequences(ctx, [][16]byte{s.BootID})
		folded = known[s.BootID]
		return err
	})
	return p, s, folded, err
}

// refuse holds the journal once the mismatch has lasted.
func (x *matching) refuse(ctx context.Context, m *Mismatch) error {
	x.recognised.Store(false)
	if x.doubted.IsZero() {
		x.doubted = time.Now()
	}
	if !m.keys && time.Since(x.doubted) < x.o.Patience {
		return nil
	}
	x.mismatch.Store(m)
	if m.foreign && !x.o.OwnJournal {
		return nil
	}
	return x.o.Journal.Hold(ctx)
}

// welcome opens the way for ticks and trimming, and names what the journal has lost.
func (x *matching) welcome(s journal.State) {
	x.doubted = time.Time{}
	x.mismatch.Store(nil)
	if !x.recognised.Swap(true) && (s.Holes > 0 || s.Damaged > 0) {
		x.o.Log.Error(nil, "the journal has lost entries: what of them is not in the books yet is missing there; "+
			"restore an older copy of journal and books together, or compare with the advertisers' figures", "batches", s.Holes, "unreadableBytes", s.Damaged)
	}
}

// identify writes one id into the tables and into the journal, where either is without.
func (x *matching) identify(ctx context.Context, p store.Progress, s journal.State) (err error) {
	id := p.Journal
	if id == "" {
		if id = s.ID; id == "" {
			id = newJournalID()
		}
		if id, err = x.o.Store.NameJournal(ctx, id); err != nil {
			return err
		}
	}
	if s.ID == id {
		return nil
	}
	return x.o.Journal.Identify(ctx, id)
}

// accept goes on with this journal from its beginning.
func (x *matching) accept(ctx context.Context, m *Mismatch, p store.Progress, s journal.State) error {
	id := s.ID
	if id == "" {
		id = newJournalID()
	}
	if err := x.o.Journal.Identify(ctx, id); err != nil {
		return err
	}
	if err := x.o.Store.AcceptJournal(ctx, p, id, s.First-1); err != nil {
		return err
	}
	x.o.Log.Error(nil, "accepted a journal that is not the one that the books were made of; they keep what they have, and what it has beyond that is folded",
		"mismatch", m.problem, "from", s.First, "to", s.Last, "journal", id)
	x.accepted = true
	return nil
}

func newJournalID() string {
	id := journal.NewBootID()
	return hex.EncodeToString(id[:8])
}

const (
	// checkEvery is how often a journal is looked at that does not fit.
	checkEvery = 250 * time.Millisecond
	// mismatchLog is how often that is logged.
	mismatchLog = time.Minute
)

// await returns when the journal is that of the tables, and whether a mismatch was
// accepted for that.
func (x *matching) await(ctx context.Context) (accepted bool, err error) {
	if x.o.Journal == nil {
		return false, nil
	}
	x.accepted = false
	var logged time.Time
	for {
		err := x.checkWithin(ctx)
		if err == nil {
			x.trouble.over(comparingJournal)
			return x.accepted, nil
		}
		if m := (*Mismatch)(nil); !errors.As(err, &m) { // Ready has it of its own
			x.trouble.failed(comparingJournal, err)
		}
		if ctx.Err() == nil && time.Since(logged) >= mismatchLog {
			logged = time.Now()
			x.o.Log.Error(store.Advised(err), "the journal is not read")
		}
		if err := sleep(ctx, checkEvery); err != nil {
			return false, err
		}
	}
}

// checkWithin returns a mismatch as an error.
func (x *matching) checkWithin(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, endWithin)
	defer cancel()
	m, err := x.check(ctx)
	if err == nil && m != nil {
		return m
	}
	return err
}

// ready reports whether the journal is that of the books, and else what is wrong.
func (x *matching) ready() (ok bool, problem string) {
	if m := x.mismatch.Load(); m != nil {
		return false, m.Error()
	}
	return true, ""
}
