package ledger

import (
	"context"

	"github.com/waypost/waypost/tracker/journal"
	"github.com/waypost/waypost/tracker/ledger/judge"
	"github.com/waypost/waypost/tracker/ledger/store"
)

// loadModerated reads the conversions that are moderated, what they were judged
// by, and who has their keys now.
func (g *group) loadModerated(ctx context.Context, list []*journal.Moderation) error {
	if len(list) == 0 {
		return nil
	}
	var ids wanted[string]
	for _, m := range list {
		_, known := g.conversions[m.ConversionID]
		ids.add(m.ConversionID, known, m.ConversionID)
	}
	rows, err := g.tx.Conversions(ctx, store.ByID, ids.keys)
	if err != nil {
		return err
	}
	for _, c := range rows {
		g.hold(c)
	}
	var found []*held // here or there; what is yet to come brings its configuration along
	for _, m := range list {
		if h := g.conversions[m.ConversionID]; h != nil {
			found = append(found, h)
		}
	}
	if err := g.loadConfigs(ctx, found); err != nil {
		return err
	}
	var orders, sessions wanted[judge.Key]
	none := judge.Key{}
	for _, h := range found {
		k := judge.FreedKeys(h.Conversion, h.config.Terms)
		_, known := g.byOrder[k.Order]
		orders.add(k.Order, known || k.Order == none, store.KeyOf(k.Order))
		_, known = g.bySession[k.Session]
		sessions.add(k.Session, known || k.Session == none, store.KeyOf(k.Session))
	}
	return g.loadByKeys(ctx, &orders, &sessions)
}

// moderate carries out a person's decision. One on a conversion that does not
// exist, or of another network, changes nothing.
func (g *group) moderate(m *journal.Moderation) error {
	h := g.conversions[m.ConversionID]
	if h == nil || h.Cell.Network != m.Network {
		g.log.V(1).Info("passed over a moderation of an unknown conversion", "conversion", m.ConversionID)
		return nil
	}
	keys := judge.FreedKeys(h.Conversion, h.config.Terms)
	o := judge.Moderate(&judge.Moderated{
		Entry: m, Found: h.Conversion, Origin: h.config.Terms, Used: g.used(h.config),
		Taken: g.taken(g.byOrder[keys.Order], h) || g.taken(g.bySession[keys.Session], h),
	})
	if o.Conversion == nil {
		return nil
	}
	return g.book(o, h, h.config, nil)
}

func (g *group) taken(by, h *held) bool { return by != nil && by != h }
