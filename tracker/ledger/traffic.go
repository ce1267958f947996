package ledger

import (
	"encoding/binary"
	"time"

	"github.com/cespare/xxhash/v2"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/tracker/journal"
	"github.com/waypost/waypost/tracker/ledger/fold"
	"github.com/waypost/waypost/tracker/ledger/judge"
	"github.com/waypost/waypost/tracker/ledger/store"
)

// visitCounter counts clicks and impressions, and makes their rows.
type visitCounter struct {
	mem     *memory
	changes *changes
	// counted holds what entries share by pointer, as long as the entries live.
	counted map[*journal.Context]*counterContext
}

// counterContext is where the clicks and impressions of one Context are counted.
type counterContext struct {
	*journal.Context
	judge.Dimensions
	cell int64
	zone *time.Location
	caps []fold.Cap // those on clicks and impressions
	// batch is the last one that named the zone; see measures.
	batch *journal.Batch
	// The measures at hand, and when they hold.
	quarter              int64
	dayStarts, dayEnds   int64
	quarterSums, daySums *store.Measures
}

// of returns where the visits of a context are counted. Entries of a batch share their
// context by pointer, so what is worked out here costs once for each, not for each visit.
func (t *visitCounter) of(c *journal.Context) *counterContext {
	if p, ok := t.counted[c]; ok {
		return p
	}
	p := &counterContext{Context: c, zone: t.mem.locations.Find(c.TimeZone), quarter: -1 << 62, caps: fold.TrafficCaps(c.Caps, c.TimeZone)}
	p.Dimensions = judge.Dimensions{Network: c.Network, Offer: c.Offer, Partner: c.Partner, Advertiser: c.Advertiser, Currency: c.Currency}
	p.cell = t.changes.cellID(p.Dimensions)
	t.counted[c] = p
	return p
}

// makeRoom makes room for the rows of all clicks at once: they are large, and would be
// copied each time that a list of them grows.
func (t *visitCounter) makeRoom(batches []*journal.Batch) {
	clicks := 0
	for _, b := range batches {
		for i := range b.Entries {
			if b.Entries[i].Click != nil {
				clicks++
			}
		}
	}
	t.changes.clickRows = make([]store.Visit, 0, clicks)
	t.changes.visitors = make([]visitor, 0, clicks)
}

// flushed forgets the measures at hand: they have been written.
func (t *visitCounter) flushed() { clear(t.counted) }

// measures are those that an event of that time is counted in. The zone is named once a
// batch, and not once a transaction: how batches fall into transactions must not show in
// the tables.
func (t *visitCounter) measures(p *counterContext, at int64) (quarter, day *store.Measures) {
	q := floorDiv(at, quarterMicros)
	if q != p.quarter || t.changes.batch != p.batch {
		t.changes.zone(p.Network(), p.TimeZone, at)
		p.batch = t.changes.batch
	}
	if q != p.quarter {
		p.quarter, p.quarterSums = q, t.changes.quarters.at(q, p.cell)
	}
	if at < p.dayStarts || at >= p.dayEnds {
		p.dayStarts, p.dayEnds = judge.Window(snapshot.CapDay, at, p.zone)
		p.daySums = t.changes.days.at(judge.Day(at, p.zone), p.cell)
	}
	return p.quarterSums, p.daySums
}

// Network is that of the context; the cell has the same.
func (p *counterContext) Network() string { return p.Context.Network }

// click counts a click and keeps its row, whose visit it returns.
func (t *visitCounter) click(c *journal.Click) *judge.Visit {
	p := t.of(c.Context)
	q, d := t.measures(p, c.At)
	for _, m := range []*store.Measures{q, d} {
		m.Clicks++
		m.ClickPayout = store.Sum(m.ClickPayout, int64(c.Context.Payout))
		m.ClickRevenue = store.Sum(m.ClickRevenue, int64(c.Context.Revenue))
	}
	t.changes.clickRows = append(t.changes.clickRows, t.visitRow(&c.Traffic, p.cell))
	last := len(t.changes.clickRows) - 1
	row := &t.changes.clickRows[last]
	row.AimpID = c.AimpID
	t.changes.visitors = append(t.changes.visitors, visitor{row: last, day: row.Day, digest: visitorDigest(p.cell, &c.Traffic), quarter: q, inDay: d})
	t.countCaps(p, snapshot.CapClicks, c.At)
	return &row.Visit
}

// impression counts an impression, makes its delivery and keeps its row, whose visit it returns.
func (t *visitCounter) impression(i *journal.Impression) *judge.Visit {
	p := t.of(i.Context)
	q, d := t.measures(p, i.At)
	for _, m := range []*store.Measures{q, d} {
		m.Impressions++
		m.ImpressionPayoutNano = store.Sum(m.ImpressionPayoutNano, int64(i.Context.Payout))
		m.ImpressionRevenueNano = store.Sum(m.ImpressionRevenueNano, int64(i.Context.Revenue))
	}
	t.changes.impressionRows = append(t.changes.impressionRows, t.visitRow(&i.Traffic, p.cell))
	t.countCaps(p, snapshot.CapImpressions, i.At)
	t.deliver(p, i)
	return &t.changes.impressionRows[len(t.changes.impressionRows)-1].Visit
}

// deliver makes the delivery of an impression to the advertiser's destination, if the
// offer has one. While the journal is folded again it makes none.
func (t *visitCounter) deliver(p *counterContext, i *journal.Impression) {
	if i.DestinationURL == "" || t.changes.rebuilding() {
		return
	}
	t.changes.deliveries = append(t.changes.deliveries, store.Delivery{
		ID: deliveryID(i.ID, 0, p.Context.Offer, i.DestinationName, i.At), Network: p.Network(), Kind: store.KindImpression,
		Event: i.ID, Name: i.DestinationName, Offer: p.Context.Offer, Partner: p.Context.Partner, Advertiser: p.Context.Advertiser,
		URL: i.DestinationURL, CreatedAt: i.At, DueAt: min(i.At, t.changes.stored()),
	})
}

func (t *visitCounter) visitRow(of *journal.Traffic, cell int64) store.Visit {
	return store.Visit{Day: floorDiv(of.At, dayMicros), ID: of.ID, Cell: cell, Kind: t.kindID(of), Visit: judge.Visit{
		At: of.At, Source: of.Source, Ref: of.Ref, ImpID: of.ImpID, Country: of.Country, Device: of.Device, OS: of.OS,
		Subs: of.Subs, IP: of.IP, Agent: of.UserAgent, Referrer: of.Referrer,
	}}
}

// kindID is the number of what a visit has in common with others.
func (t *visitCounter) kindID(of *journal.Traffic) int64 {
	kind := store.VisitKind{Payout: int64(of.Context.Payout), Revenue: int64(of.Context.Revenue), SubOverflow: of.SubOverflow}
	id, ok := t.mem.kinds[kind]
	if !ok {
		id = int64(len(t.mem.kinds) + 1)
		t.mem.kinds[kind] = id
		t.changes.kinds = append(t.changes.kinds, store.NumberedKind{ID: id, VisitKind: kind})
	}
	return id
}

// visitor is a click that may be the first of its visitor on a day.
type visitor struct {
	day, digest    int64
	row            int // in clickRows
	quarter, inDay *store.Measures
}

// visitorDigest is the digest of a visitor of one offer and partner, by address and user
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

// countCaps counts an event towards the caps of its offer. All counters of the offer count,
// also those of caps that this visit's configuration no longer has; only the caps that it
// has are published, with their present limit.
func (t *visitCounter) countCaps(p *counterContext, metric snapshot.CapMetric, at int64) {
	t.mem.counters.Count(metric, &p.Dimensions, at)
	for i := range p.caps {
		limit := &p.caps[i]
		if limit.Metric != metric || !judge.Covers(limit.Cap, &p.Dimensions) {
			continue
		}
		key, _ := limit.Key(&p.Dimensions, at, p.zone)
		if n := t.mem.counters.Find(key); n != nil {
			t.changes.capsChanged[n] = limit.Limit
		}
	}
}
