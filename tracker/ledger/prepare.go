package ledger

import (
	"context"

	"github.com/waypost/waypost/tracker/journal"
	"github.com/waypost/waypost/tracker/ledger/judge"
	"github.com/waypost/waypost/tracker/ledger/store"
)

// prepare reads everything that the batches will need, with few statements: what
// is judged later in the group finds it in memory. It returns the postbacks of
// each batch by index of entry.
func (g *group) prepare(ctx context.Context, batches []*journal.Batch) ([][]*postback, error) {
	g.makeRoom(batches)
	var all []*postback
	var moderated []*journal.Moderation
	out := make([][]*postback, len(batches))
	for i, b := range batches {
		posts, err := g.postbacksOf(b)
		if err != nil {
			return nil, err
		}
		out[i] = posts
		for j := range b.Entries {
			if p := posts[j]; p != nil {
				all = append(all, p)
			}
			if m := b.Entries[j].Moderation; m != nil {
				moderated = append(moderated, m)
			}
		}
	}
	released, err := g.releasable(ctx, batches)
	if err != nil {
		return nil, err
	}
	if err := g.loadPostbacks(ctx, append(all, released...)); err != nil {
		return nil, err
	}
	if err := g.loadModerated(ctx, moderated); err != nil {
		return nil, err
	}
	return out, g.beginTrafficCounters(ctx, batches)
}

// makeRoom makes room for the rows of all clicks at once: they are large, and would be
// copied each time that a list of them grows.
func (g *group) makeRoom(batches []*journal.Batch) {
	clicks := 0
	for _, b := range batches {
		for i := range b.Entries {
			if b.Entries[i].Click != nil {
				clicks++
			}
		}
	}
	g.clickRows = make([]store.Visit, 0, clicks)
	g.visitors = make([]visitor, 0, clicks)
}

// postbacksOf reads the postbacks of a batch.
func (g *group) postbacksOf(b *journal.Batch) ([]*postback, error) {
	g.mem.terms.room()
	out := make([]*postback, len(b.Entries))
	for i := range b.Entries {
		in := b.Entries[i].Postback
		if in == nil {
			continue
		}
		p := &postback{Postback: in, id: entryID(b.BootID, b.Sequence, i, in.At), boot: b.BootID, sequence: b.Sequence, entry: i, reply: b.Reply,
			place: int64(b.Position)*journal.MaxBatchEntries + int64(i)}
		out[i] = p
		if in.Terms == nil {
			continue
		}
		c, err := g.configOf(in.Terms)
		if err != nil {
			return nil, err
		}
		in.Terms, p.config = c.Terms, c
		p.keys = judge.KeysOf(in)
	}
	return out, nil
}

// configOf is what belongs to the Terms of entries, which many of them share.
func (g *group) configOf(t *journal.Terms) (*config, error) {
	if c, ok := g.configs[t]; ok {
		return c, nil
	}
	c, err := g.mem.config(t)
	if err == nil {
		g.configs[t] = c
	}
	return c, err
}

// releasable are the parked postbacks whose click or impression is in the batches.
func (g *group) releasable(ctx context.Context, batches []*journal.Batch) ([]*postback, error) {
	m := &g.mem.parked
	if len(m.list) == 0 {
		return nil, nil
	}
	arrived := make(map[string]bool)
	for _, b := range batches {
		for i := range b.Entries {
			if id := visitID(&b.Entries[i]); id != "" && m.bySession[id] > 0 {
				arrived[id] = true
			}
		}
	}
	var list []*parkedEntry
	for _, e := range m.list {
		if arrived[e.Session] {
			list = append(list, e)
		}
	}
	err := g.restore(ctx, list)
	return postsOf(list), err
}

func visitID(x *journal.Entry) string {
	switch {
	case x.Click != nil:
		return x.Click.ID
	case x.Impression != nil:
		return x.Impression.ID
	}
	return ""
}

func postsOf(list []*parkedEntry) []*postback {
	out := make([]*postback, len(list))
	for i, e := range list {
		out[i] = e.post
	}
	return out
}

// wanted collects keys that have not been looked up yet.
type wanted[K comparable] struct {
	seen map[K]bool
	keys []any
}

func (w *wanted[K]) add(k K, known bool, key any) {
	if known || w.seen[k] {
		return
	}
	if w.seen == nil {
		w.seen = make(map[K]bool)
	}
	w.seen[k] = true
	w.keys = append(w.keys, key)
}

// loadPostbacks reads what postbacks are judged by.
func (g *group) loadPostbacks(ctx context.Context, posts []*postback) error {
	if err := g.loadVisits(ctx, posts); err != nil {
		return err
	}
	var sessions wanted[string]
	var repeats, orders, inSession wanted[judge.Key]
	none := judge.Key{}
	for _, p := range posts {
		if s := judge.Session(p.Postback); s != "" {
			_, known := g.closed[s]
			sessions.add(s, known, s)
		}
		if k := p.keys.Order; k != none {
			_, known := g.byOrder[k]
			orders.add(k, known, store.KeyOf(k))
		}
		for _, k := range []judge.Key{p.keys.Session, p.keys.Single} {
			if k != none {
				_, known := g.bySession[k]
				inSession.add(k, known, store.KeyOf(k))
			}
		}
		if k := p.keys.Repeat; k != none {
			_, known := g.repeats[k]
			repeats.add(k, known, store.KeyOf(k))
		}
	}
	if err := g.loadSessions(ctx, &sessions, &repeats); err != nil {
		return err
	}
	if err := g.loadByKeys(ctx, &orders, &inSession); err != nil {
		return err
	}
	return g.loadOrigins(ctx, posts)
}

func (g *group) loadSessions(ctx context.Context, sessions *wanted[string], repeats *wanted[judge.Key]) error {
	closed, err := g.tx.ClosedSessions(ctx, sessions.keys)
	if err != nil {
		return err
	}
	for s := range sessions.seen {
		g.closed[s] = closed[s]
	}
	found, err := g.tx.Repeats(ctx, repeats.keys)
	for k := range repeats.seen {
		g.repeats[k] = found[k]
	}
	return err
}

func (g *group) loadByKeys(ctx context.Context, orders, inSession *wanted[judge.Key]) error {
	for k := range orders.seen {
		g.byOrder[k] = nil
	}
	for k := range inSession.seen {
		g.bySession[k] = nil
	}
	byOrder, err := g.tx.Conversions(ctx, store.ByOrderKey, orders.keys)
	if err != nil {
		return err
	}
	bySession, err := g.tx.Conversions(ctx, store.BySessionKey, inSession.keys)
	if err != nil {
		return err
	}
	for _, c := range append(byOrder, bySession...) {
		g.hold(c)
	}
	return nil
}

// hold takes a conversion from the tables into the group, unless it is there, where
// it may have changed since.
func (g *group) hold(c store.Conversion) *held {
	if h, ok := g.conversions[c.ID]; ok && h != nil {
		return h
	}
	h := &held{Conversion: c.Conversion, cell: c.Cell, stored: true}
	h.Cell = g.mem.cellByID[c.Cell]
	g.conversions[c.ID] = h
	g.reindex(h, h.Conversion)
	return h
}
