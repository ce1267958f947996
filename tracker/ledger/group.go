package ledger

import (
	"context"
	"fmt"

	"github.com/go-logr/logr"

	"github.com/waypost/waypost/tracker/journal"
	"github.com/waypost/waypost/tracker/ledger/judge"
	"github.com/waypost/waypost/tracker/ledger/store"
)

// group is a number of batches on their way into the tables, in one transaction.
// It changes the memory as it goes; a group that fails leaves the memory unusable.
type group struct {
	tx  *store.Tx
	mem *memory
	o   *Options
	log logr.Logger

	// What has been looked up: present with nil when there is no such row.
	conversions map[string]*held
	byOrder     map[judge.Key]*held
	bySession   map[judge.Key]*held
	closed      map[string]bool
	repeats     map[judge.Key]int64
	clicks      map[string]*judge.Visit
	impressions map[string]*judge.Visit

	// What is to be written.
	rows

	// dirty are the counters that must be written.
	dirty map[*counter]bool
	// verdicts are to be published after the commit.
	verdicts []answer
	// traced are the postbacks among them whose trackers trace.
	traced []traced
	// capsChanged are counters of clicks and impressions that were counted up.
	capsChanged map[*counter]int64 // with their limit

	current *journal.Batch
	gaps    uint64 // batches that are missing
	// places and configs know what entries share by pointer, as long as the entries live.
	places  map[*journal.Context]*place
	configs map[*journal.Terms]*config
}

// rows is what is written at the next flush.
type rows struct {
	clickRows, impressionRows []store.Visit
	visitors                  []visitor
	changed                   []*held // conversions, each once
	sessions                  []store.Session
	newRepeats                map[judge.Key]int64
	logged                    []store.Postback
	deliveries                []store.Delivery
	quarters, days            sums
	cells                     []store.Cell
	kinds                     []store.NumberedKind
	goals                     []store.Goal
	zones                     []store.Zone
	bodies                    map[judge.Key][]byte // of configurations
	parked                    map[string]*parkedEntry
	unparked                  []any
	boots                     map[journal.BootID]store.Boot
}

// held is a conversion with what the tables know of it.
type held struct {
	*judge.Conversion
	cell   int64
	config *config // that it was judged by; nil until it is needed
	stored bool
	dirty  bool
	freed  bool // it has lost a key since it was stored
}

// answer is one verdict on its way to a tracker.
type answer struct {
	reply    string
	boot     journal.BootID
	sequence uint64
	entry    int
	verdict  journal.Verdict
}

func newGroup(tx *store.Tx, mem *memory, o *Options) *group {
	g := &group{
		tx: tx, mem: mem, o: o, log: o.Log,
		conversions: make(map[string]*held), byOrder: make(map[judge.Key]*held), bySession: make(map[judge.Key]*held),
		closed: make(map[string]bool), repeats: make(map[judge.Key]int64),
		clicks: make(map[string]*judge.Visit), impressions: make(map[string]*judge.Visit),
		dirty: make(map[*counter]bool), capsChanged: make(map[*counter]int64), places: make(map[*journal.Context]*place), configs: make(map[*journal.Terms]*config),
	}
	g.rows = newRows()
	return g
}

func newRows() rows {
	return rows{
		newRepeats: make(map[judge.Key]int64), quarters: make(sums), days: make(sums),
		bodies: make(map[judge.Key][]byte), parked: make(map[string]*parkedEntry), boots: make(map[journal.BootID]store.Boot),
	}
}

// fold takes the batches into the tables.
func (g *group) fold(ctx context.Context, batches []*journal.Batch) error {
	fresh, err := g.unseen(ctx, batches)
	if err != nil {
		return err
	}
	posts, err := g.prepare(ctx, fresh)
	if err != nil {
		return err
	}
	for i, b := range fresh {
		if err := g.batch(ctx, b, posts[i]); err != nil {
			return fmt.Errorf("fold batch %d of %s: %w", b.Sequence, b.BootID, err)
		}
	}
	return g.flush(ctx)
}

// batch applies the entries of a batch in their order.
func (g *group) batch(ctx context.Context, b *journal.Batch, posts []*postback) error {
	g.current = b
	for i := range b.Entries {
		var err error
		switch x := &b.Entries[i]; {
		case x.Click != nil:
			err = g.click(x.Click)
		case x.Impression != nil:
			err = g.impression(x.Impression)
		case x.Postback != nil:
			err = g.receive(posts[i])
		case x.Moderation != nil:
			err = g.moderate(x.Moderation)
		case x.Tick != nil:
			err = g.tick(ctx, x.Tick.At)
		}
		if err != nil {
			return fmt.Errorf("entry %d: %w", i, err)
		}
	}
	return nil
}

// rebuilding reports whether the group's batches were folded before: their
// deliveries exist and their trackers have been told.
func (g *group) rebuilding() bool {
	return g.mem.progress.Position <= g.mem.progress.RebuildUntil
}

// unseen returns the batches that count: each sequence of a boot id once. What was
// answered to a repeated one is answered again.
func (g *group) unseen(ctx context.Context, batches []*journal.Batch) ([]*journal.Batch, error) {
	if err := g.loadBoots(ctx, batches); err != nil {
		return nil, err
	}
	var fresh, repeated []*journal.Batch
	for _, b := range batches {
		switch {
		case b.Malformed != nil:
		case b.Sequence <= g.mem.boots[b.BootID]:
			repeated = append(repeated, b)
		default:
			g.noteGap(b)
			g.mem.boots[b.BootID] = b.Sequence
			g.boots[b.BootID] = store.Boot{ID: b.BootID, Writer: b.Writer, Sequence: b.Sequence, SeenAt: b.Stored.UnixMicro()}
			fresh = append(fresh, b)
		}
	}
	return fresh, g.answerAgain(ctx, repeated)
}

func (g *group) loadBoots(ctx context.Context, batches []*journal.Batch) error {
	var unknown [][16]byte
	for _, b := range batches {
		if _, ok := g.mem.boots[b.BootID]; !ok && b.Malformed == nil {
			g.mem.boots[b.BootID] = 0
			unknown = append(unknown, b.BootID)
		}
	}
	known, err := g.tx.Sequences(ctx, unknown)
	for boot, sequence := range known {
		g.mem.boots[boot] = sequence
	}
	return err
}

// noteGap names batches that a writer sent before b and that are not in the journal. A
// writer gives up a batch only when it is lost, and reports that. What began before
// tables that are new says nothing.
func (g *group) noteGap(b *journal.Batch) {
	last := g.mem.boots[b.BootID]
	missing := b.Sequence - last - 1
	if missing == 0 || last == 0 && !g.mem.begun {
		return
	}
	g.gaps += missing
	g.log.Error(nil, "batches of a writer are missing in the journal: what they held is not in the books", "writer", b.Writer, "boot", b.BootID.String(),
		"missing", missing, "after", last, "position", b.Position)
}

// answerAgain finds what was answered to the postbacks of batches that are here a
// second time: their tracker may still be waiting.
func (g *group) answerAgain(ctx context.Context, batches []*journal.Batch) error {
	var ids []string
	var waiting []answer
	for _, b := range batches {
		for i := range b.Entries {
			if p := b.Entries[i].Postback; p != nil && b.Reply != "" {
				ids = append(ids, entryID(b.BootID, b.Sequence, i, p.At))
				waiting = append(waiting, answer{reply: b.Reply, boot: b.BootID, sequence: b.Sequence, entry: i})
			}
		}
	}
	known, err := g.tx.Answers(ctx, ids)
	for i, id := range ids {
		if v, ok := known[id]; ok {
			waiting[i].verdict = v
			g.verdicts = append(g.verdicts, waiting[i])
		}
	}
	return err
}
