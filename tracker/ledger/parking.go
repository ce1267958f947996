package ledger

import (
	"context"
	"fmt"

	"github.com/waypost/waypost/tracker/journal"
	"github.com/waypost/waypost/tracker/ledger/judge"
	"github.com/waypost/waypost/tracker/ledger/store"
)

// What parking goes by.
const (
	// youngSeconds is the age of a click id up to which its row may still come.
	youngSeconds = 60
	// parkMicros is how long a postback waits for the row, in the time of ticks.
	parkMicros = 1_000_000
)

// parking is what waits for the row of its click, in the order of arrival. It is
// empty but for moments, so it is kept in memory whole.
type parking struct {
	list      []*parkedEntry
	bySession map[string]int // how many
}

// parkedEntry is a parked postback with its row.
type parkedEntry struct {
	store.Parked
	post *postback
}

func loadParking(ctx context.Context, tx *store.Tx) (parking, error) {
	p := parking{bySession: make(map[string]int)}
	rows, err := tx.Parked(ctx)
	if err != nil {
		return p, err
	}
	for _, row := range rows {
		p.list = append(p.list, &parkedEntry{Parked: row})
		p.bySession[row.Session]++
	}
	return p, nil
}

// young reports whether the row of a postback's click may still come. Ids of the
// future, from a clock that is ahead, are young.
func young(p *journal.Postback) bool {
	return floorDiv(p.At, 1_000_000)-p.SessionAt < youngSeconds
}

// parks reports whether a postback has to wait. What comes while others of its
// session wait is queued behind them.
func (g *group) parks(p *postback) bool {
	session := judge.Session(p.Postback)
	if session == "" || p.Terms == nil || p.Reason != "" && p.Reason != judge.ReasonUnknownGoal {
		return false
	}
	if g.mem.parked.bySession[session] > 0 {
		return true
	}
	return g.visit(p.Postback) == nil && young(p.Postback)
}

func (g *group) park(p *postback) error {
	body, err := canonical.Marshal(p.Postback)
	if err != nil {
		return fmt.Errorf("park a postback: %w", err)
	}
	g.keepConfig(p.config)
	m := &g.mem.parked
	e := &parkedEntry{post: p, Parked: store.Parked{
		ID: p.id, Session: judge.Session(p.Postback), Place: p.place, Boot: p.boot, Sequence: p.sequence,
		Entry: p.entry, Reply: p.reply, Terms: p.config.hash, Postback: body,
	}}
	m.list = append(m.list, e)
	m.bySession[e.Session]++
	g.parked[e.ID] = e
	return nil
}

// unpark takes those out that leave says, and returns them in the order of arrival.
func (g *group) unpark(leave func(*parkedEntry) bool) []*parkedEntry {
	m := &g.mem.parked
	var out, stay []*parkedEntry
	for _, e := range m.list {
		if !leave(e) {
			stay = append(stay, e)
			continue
		}
		out = append(out, e)
		if m.bySession[e.Session]--; m.bySession[e.Session] == 0 {
			delete(m.bySession, e.Session)
		}
		delete(g.parked, e.ID)
		g.unparked = append(g.unparked, e.ID)
	}
	m.list = stay
	return out
}

// restore makes what was read from the table ready to be judged.
func (g *group) restore(ctx context.Context, list []*parkedEntry) error {
	for _, e := range list {
		if e.post != nil {
			continue
		}
		c, err := g.configByHash(ctx, e.Terms)
		if err != nil {
			return err
		}
		p := new(journal.Postback)
		if err := decoding.Unmarshal(e.Postback, p); err != nil {
			return fmt.Errorf("read the parked postback %s: %w", e.ID, err)
		}
		p.Terms = c.Terms
		e.post = &postback{Postback: p, config: c, id: e.ID, boot: e.Boot, sequence: e.Sequence, entry: e.Entry, reply: e.Reply}
		e.post.keys = judge.KeysOf(p)
	}
	return nil
}
