package ledger

import (
	"context"
	"encoding/binary"
	"time"

	"github.com/cespare/xxhash/v2"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/tracker/journal"
	"github.com/waypost/waypost/tracker/ledger/judge"
	"github.com/waypost/waypost/tracker/ledger/store"
)

// place is where the clicks and impressions of one Context are counted.
type place struct {
	*journal.Context
	judge.Cell
	cell int64
	zone *time.Location
	caps []capRef // those on clicks and impressions
	// batch is the last one that named the zone; see measures.
	batch *journal.Batch
	// The measures at hand, and when they hold.
	quarter              int64
	dayStarts, dayEnds   int64
	quarterSums, daySums *store.Measures
}

func (g *group) place(c *journal.Context) *place {
	if p, ok := g.places[c]; ok {
		return p
	}
	p := &place{Context: c, zone: g.mem.location(c.TimeZone), quarter: -1 << 62}
	p.Cell = judge.Cell{Network: c.Network, Offer: c.Offer, Partner: c.Partner, Advertiser: c.Advertiser, Currency: c.Currency}
	p.cell = g.cellID(p.Cell)
	p.caps = trafficCaps(c)
	g.places[c] = p
	return p
}

// measures are those that an event of that time is counted in. The zone is named once a
// batch, and not once a group: how batches fall into groups must not show in the tables.
func (g *group) measures(p *place, at int64) (quarter, day *store.Measures) {
	q := floorDiv(at, quarterMicros)
	if q != p.quarter || g.current != p.batch {
		g.zone(p.Network(), p.TimeZone, at)
		p.batch = g.current
	}
	if q != p.quarter {
		p.quarter, p.quarterSums = q, g.quarters.at(q, p.cell)
	}
	if at < p.dayStarts || at >= p.dayEnds {
		p.dayStarts, p.dayEnds = judge.Window(snapshot.CapDay, at, p.zone)
		p.daySums = g.days.at(judge.Day(at, p.zone), p.cell)
	}
	return p.quarterSums, p.daySums
}

// Network is that of the context; the cell has the same.
func (p *place) Network() string { return p.Context.Network }

// click counts a click, keeps its row, and judges the postbacks that waited for it.
func (g *group) click(c *journal.Click) error {
	if c.Context == nil {
		g.log.Info("passed over a click without its context", "click", c.ID)
		return nil
	}
	p := g.place(c.Context)
	q, d := g.measures(p, c.At)
	for _, m := range []*store.Measures{q, d} {
		m.Clicks++
		m.ClickPayout = store.Sum(m.ClickPayout, int64(c.Context.Payout))
		m.ClickRevenue = store.Sum(m.ClickRevenue, int64(c.Context.Revenue))
	}
	g.clickRows = append(g.clickRows, g.visitRow(&c.Traffic, p.cell))
	row := &g.clickRows[len(g.clickRows)-1]
	row.AimpID = c.AimpID
	g.visitors = append(g.visitors, visitor{row: len(g.clickRows) - 1, day: row.Day, digest: visitorDigest(p.cell, &c.Traffic), quarter: q, inDay: d})
	g.countTraffic(p, snapshot.CapClicks, c.At)
	if _, wanted := g.clicks[c.ID]; wanted {
		v := row.Visit
		g.clicks[c.ID] = &v
	}
	return g.release(c.ID)
}

// impression counts an impression, keeps its row and makes its delivery.
func (g *group) impression(i *journal.Impression) error {
	if i.Context == nil {
		g.log.Info("passed over an impression without its context", "impression", i.ID)
		return nil
	}
	p := g.place(i.Context)
	q, d := g.measures(p, i.At)
	for _, m := range []*store.Measures{q, d} {
		m.Impressions++
		m.ImpressionPayoutNano = store.Sum(m.ImpressionPayoutNano, int64(i.Context.Payout))
		m.ImpressionRevenueNano = store.Sum(m.ImpressionRevenueNano, int64(i.Context.Revenue))
	}
	g.impressionRows = append(g.impressionRows, g.visitRow(&i.Traffic, p.cell))
	g.countTraffic(p, snapshot.CapImpressions, i.At)
	if _, wanted := g.impressions[i.ID]; wanted {
		v := g.impressionRows[len(g.impressionRows)-1].Visit
		g.impressions[i.ID] = &v
	}
	g.deliverImpression(p, i)
	return g.release(i.ID)
}

func (g *group) deliverImpression(p *place, i *journal.Impression) {
	if i.DestinationURL == "" || g.rebuilding() {
		return
	}
	g.deliveries = append(g.deliveries, store.Delivery{
		ID: deliveryID(i.ID, 0, p.Context.Offer, i.DestinationName, i.At), Network: p.Network(), Kind: store.KindImpression,
		Event: i.ID, Name: i.DestinationName, Offer: p.Context.Offer, Partner: p.Context.Partner, Advertiser: p.Context.Advertiser,
		URL: i.DestinationURL, CreatedAt: i.At, DueAt: min(i.At, g.stored()),
	})
}

func (g *group) visitRow(t *journal.Traffic, cell int64) store.Visit {
	return store.Visit{Day: floorDiv(t.At, dayMicros), ID: t.ID, Cell: cell, Kind: g.kindID(t), Visit: judge.Visit{
		At: t.At, Source: t.Source, Ref: t.Ref, ImpID: t.ImpID, Country: t.Country, Device: t.Device, OS: t.OS,
		Subs: t.Subs, IP: t.IP, Agent: t.UserAgent, Referrer: t.Referrer,
	}}
}

// kindID is the number of what a visit has in common with others.
func (g *group) kindID(t *journal.Traffic) int64 {
	kind := store.VisitKind{Payout: int64(t.Context.Payout), Revenue: int64(t.Context.Revenue), SubOverflow: t.SubOverflow}
	id, ok := g.mem.kinds[kind]
	if !ok {
		id = int64(len(g.mem.kinds) + 1)
		g.mem.kinds[kind] = id
		g.kinds = append(g.kinds, store.NumberedKind{ID: id, VisitKind: kind})
	}
	return id
}

// visitor is a click that may be the first of its visitor on a day.
type visitor struct {
	day, digest    int64
	row            int // in clickRows
	quarter, inDay *store.Measures
}

// visitorDigest tells visitors of one offer and partner apart, by address and user
// agent.
func visitorDigest(cell int64, t *journal.Traffic) int64 {
	var d xxhash.Digest
	d.Reset()
	var b [9]byte
	binary.LittleEndian.PutUint64(b[:], uint64(cell))
	_, _ = d.Write(b[:8])
	_, _ = d.WriteString(t.IP)
	_, _ = d.Write(b[8:])
	_, _ = d.WriteString(t.UserAgent)
	return int64(d.Sum64())
}

// countTraffic counts an event towards the caps of its offer.
func (g *group) countTraffic(p *place, metric snapshot.CapMetric, at int64) {
	g.mem.counters.covering(&p.Cell, at, g.mem, func(n *counter) {
		if n.Metric == metric {
			g.take(n, 1)
		}
	})
	for i := range p.caps {
		r := &p.caps[i]
		if r.limit.Metric != metric || !judge.Covers(r.limit, &p.Cell) {
			continue
		}
		key, _ := r.keyFor(&p.Cell, at, p.zone)
		if n, ok := g.mem.counters.byKey[key]; ok {
			g.capsChanged[n] = r.limit.Limit
		}
	}
}

// beginTraffic begins the counters of a click or impression. It must not give the
// cell its number: numbers go by the order of entries, not of groups.
func (g *group) beginTraffic(ctx context.Context, t *journal.Traffic, refs []capRef) error {
	c := t.Context
	cell := judge.Cell{Network: c.Network, Offer: c.Offer, Partner: c.Partner}
	for i := range refs {
		if !judge.Covers(refs[i].limit, &cell) {
			continue
		}
		if _, err := g.beginCounter(ctx, &refs[i], &cell, t.At, g.mem.location(c.TimeZone)); err != nil {
			return err
		}
	}
	return nil
}

// trafficCaps are the caps of a context that count clicks or impressions.
func trafficCaps(c *journal.Context) []capRef {
	return capRefs(c.Caps, c.TimeZone, func(m snapshot.CapMetric) bool {
		return m == snapshot.CapClicks || m == snapshot.CapImpressions
	})
}
