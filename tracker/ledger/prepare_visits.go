package ledger

import (
	"context"

	"github.com/waypost/waypost/tracker/journal"
	"github.com/waypost/waypost/tracker/ledger/judge"
	"github.com/waypost/waypost/tracker/ledger/store"
)

// visit is the row of a postback's click, or of its impression when it has no
// click; nil when there is none.
func (g *group) visit(p *journal.Postback) *judge.Visit {
	if p.ClickID != "" {
		return g.clicks[p.ClickID]
	}
	return g.impressions[p.AimpID]
}

// loadVisits reads the clicks and impressions of postbacks. Those in the group are
// marked as wanted too, and put in when their entry comes.
func (g *group) loadVisits(ctx context.Context, posts []*postback) error {
	var clicks, impressions []store.VisitRef
	for _, p := range posts {
		list, seen, id := &clicks, g.clicks, p.ClickID
		if id == "" {
			list, seen, id = &impressions, g.impressions, p.AimpID
		}
		if id == "" || p.Terms == nil {
			continue
		}
		if _, ok := seen[id]; !ok {
			seen[id] = nil
			*list = appendRefs(*list, id, p.SessionAt)
		}
	}
	found, err := g.tx.Clicks(ctx, clicks)
	if err != nil {
		return err
	}
	for id, v := range found {
		g.clicks[id] = v
	}
	found, err = g.tx.Impressions(ctx, impressions)
	for id, v := range found {
		g.impressions[id] = v
	}
	return err
}

// appendRefs says where the row of an id may be: the UTC day that the id tells,
// and near midnight the neighboring one, because the row's time is a moment later
// or earlier.
func appendRefs(list []store.VisitRef, id string, seconds int64) []store.VisitRef {
	day := floorDiv(seconds, daySeconds)
	list = append(list, store.VisitRef{ID: id, Day: day})
	const margin = 60
	for _, near := range []int64{floorDiv(seconds-margin, daySeconds), floorDiv(seconds+margin, daySeconds)} {
		if near != day {
			list = append(list, store.VisitRef{ID: id, Day: near})
		}
	}
	return list
}

// loadOrigins reads the configurations that found conversions were judged by, as
// far as postbacks may move them, and begins the counters that judging may ask.
func (g *group) loadOrigins(ctx context.Context, posts []*postback) error {
	var need []*held
	for _, p := range posts {
		if p.Status == 0 || p.config == nil {
			continue
		}
		for _, h := range []*held{g.byOrder[p.keys.Order], g.bySession[p.keys.Session]} {
			if h != nil && h.config == nil {
				need = append(need, h)
			}
		}
	}
	if err := g.loadConfigs(ctx, need); err != nil {
		return err
	}
	for _, p := range posts {
		if p.config == nil || len(p.config.caps) == 0 {
			continue
		}
		cell := judge.Cell{Network: p.Network, Offer: p.Terms.Offer.Name, Partner: p.Terms.Partner.Name, Goal: p.Terms.Goal.Value}
		if err := g.beginCounters(ctx, p.config, &cell, p.At); err != nil {
			return err
		}
	}
	return nil
}

// loadConfigs gives conversions the configurations that they were judged by.
func (g *group) loadConfigs(ctx context.Context, list []*held) error {
	var missing wanted[judge.Key]
	for _, h := range list {
		_, known := g.mem.terms.byHash[h.Terms]
		missing.add(h.Terms, known, store.KeyOf(h.Terms))
	}
	bodies, err := g.tx.Terms(ctx, missing.keys)
	if err != nil {
		return err
	}
	for hash, body := range bodies {
		if _, err := g.mem.decodeConfig(hash, body); err != nil {
			return err
		}
	}
	for _, h := range list {
		if h.config, err = g.configByHash(ctx, h.Terms); err != nil {
			return err
		}
		if err := g.beginCounters(ctx, h.config, &h.Cell, h.At); err != nil {
			return err
		}
	}
	return nil
}

func (g *group) configByHash(ctx context.Context, hash judge.Key) (*config, error) {
	if c, ok := g.mem.terms.byHash[hash]; ok {
		return c, nil
	}
	bodies, err := g.tx.Terms(ctx, []any{store.KeyOf(hash)})
	if err != nil {
		return nil, err
	}
	body, ok := bodies[hash]
	if !ok {
		// It can only have been lost by hand. Nothing is paid by terms that nobody knows.
		g.log.Error(nil, "the terms of a conversion are missing", "terms", hash)
		return g.mem.config(&journal.Terms{})
	}
	return g.mem.decodeConfig(hash, body)
}

func (g *group) beginCounters(ctx context.Context, c *config, cell *judge.Cell, at int64) error {
	for i := range c.caps {
		if !judge.Covers(c.caps[i].limit, cell) {
			continue
		}
		if _, err := g.beginCounter(ctx, &c.caps[i], cell, at, c.zone); err != nil {
			return err
		}
	}
	return nil
}

// beginTrafficCounters begins the counters of the clicks and impressions.
func (g *group) beginTrafficCounters(ctx context.Context, batches []*journal.Batch) error {
	refs := make(map[*journal.Context][]capRef)
	for _, b := range batches {
		for i := range b.Entries {
			var t *journal.Traffic
			switch x := &b.Entries[i]; {
			case x.Click != nil:
				t = &x.Click.Traffic
			case x.Impression != nil:
				t = &x.Impression.Traffic
			}
			if t == nil || t.Context == nil || len(t.Context.Caps) == 0 {
				continue
			}
			if refs[t.Context] == nil {
				refs[t.Context] = trafficCaps(t.Context)
			}
			if err := g.beginTraffic(ctx, t, refs[t.Context]); err != nil {
				return err
			}
		}
	}
	return nil
}
