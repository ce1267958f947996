package ledger

import (
	"github.com/waypost/waypost/tracker/ledger/judge"
	"github.com/waypost/waypost/tracker/ledger/store"
)

// book takes the outcome of a postback, a moderation or the end of a hold into the
// books. found is the conversion that changes, nil for a new one; by is the
// configuration that decided, visit what is at hand of the click.
func (g *group) book(o judge.Outcome, found *held, by *config, visit *judge.Visit) error {
	n := o.Conversion
	if found == nil {
		n.Terms = by.hash
		g.keepConfig(by)
		found = &held{Conversion: n, cell: g.cellID(n.Cell), config: by}
		g.conversions[n.ID] = found
		g.zone(n.Cell.Network, by.Offer.TimeZone, n.At)
	}
	g.reindex(found, n)
	found.Conversion = n
	if !found.dirty {
		found.dirty = true
		g.changed = append(g.changed, found)
	}
	g.count(found.cell, n, o.Before)
	if o.Closes != "" && !g.closed[o.Closes] {
		g.closed[o.Closes] = true
		g.sessions = append(g.sessions, store.Session{ID: o.Closes, ClosedAt: n.UpdatedAt, ClosedBy: n.ID})
	}
	return g.deliver(o.Fires, n, by, visit)
}

// reindex moves the keys of a conversion to those that it occupies now.
func (g *group) reindex(h *held, n *judge.Conversion) {
	none := judge.Key{}
	h.freed = h.freed || h.OrderKey != none && h.OrderKey != n.OrderKey || h.SessionKey != none && h.SessionKey != n.SessionKey
	if old := h.OrderKey; old != none && g.byOrder[old] == h {
		g.byOrder[old] = nil
	}
	if old := h.SessionKey; old != none && g.bySession[old] == h {
		g.bySession[old] = nil
	}
	if n.OrderKey != none {
		g.byOrder[n.OrderKey] = h
	}
	if n.SessionKey != none {
		g.bySession[n.SessionKey] = h
	}
}

// count counts a conversion, or what changed of it, in rollups and caps.
func (g *group) count(cell int64, n, before *judge.Conversion) {
	for _, m := range []*store.Measures{g.quarters.at(floorDiv(n.At, quarterMicros), cell), g.days.at(n.Day, cell)} {
		if before != nil {
			tally(m, before, -1)
		}
		tally(m, n, 1)
	}
	g.recount(n, before)
}

// cellID is the number of a cell, which gets the next one when it is new.
func (g *group) cellID(c judge.Cell) int64 {
	if id, ok := g.mem.cells[c]; ok {
		return id
	}
	id := g.mem.addCell(c)
	g.cells = append(g.cells, store.Cell{ID: id, Cell: c})
	return id
}

// zoneMicros is how long a network's time zone stays as it was seen last. While a
// change of it spreads, trackers disagree for a moment; each of them being noted
// would say nothing more.
const zoneMicros = 3600 * 1_000_000

// zone notes from when on the days of a network are counted in another time zone.
func (g *group) zone(network, zone string, at int64) {
	if zone == "" {
		zone = "UTC"
	}
	last, known := g.mem.zones[network]
	if known && (last.Zone == zone || at < last.Since+zoneMicros) {
		return
	}
	z := store.Zone{Network: network, Since: at, Zone: zone}
	g.mem.zones[network] = z
	g.zones = append(g.zones, z)
}

// keepConfig sees to it that a configuration that rows refer to is in the tables.
func (g *group) keepConfig(c *config) {
	if c.body != nil {
		g.bodies[c.hash] = c.body
		c.body = nil
	}
}
