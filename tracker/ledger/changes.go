package ledger

import (
	"math"
	"net/http"

	"github.com/waypost/waypost/tracker/journal"
	"github.com/waypost/waypost/tracker/ledger/fold"
	"github.com/waypost/waypost/tracker/ledger/judge"
	"github.com/waypost/waypost/tracker/ledger/store"
)

// changes collects what a transaction is to write: it is the Sink of the fold, and
// flush writes it.
type changes struct {
	mem *memory
	rows

	// conversions are those that were booked, with what the tables hold of them.
	conversions map[*fold.Conversion]*conversionRow
	// verdicts are to be published after the commit.
	verdicts []answer
	// traced are the postbacks among them whose trackers trace.
	traced []traced
	// capsChanged are counters of clicks and impressions that were counted up, with their limit.
	capsChanged map[*fold.Counter]int64

	// batch is the one whose entries are folded.
	batch *journal.Batch
	gaps  uint64 // batches that are missing
	// heldBack are the ticks that were, to be named after the commit.
	heldBack []heldBack
}

// rows is what is written at the next flush.
type rows struct {
	clickRows, impressionRows []store.Visit
	visitors                  []visitor
	changed                   []*fold.Conversion // each once
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
	parked                    map[string]*fold.Waiting
	unparked                  []any
	boots                     map[journal.BootID]store.Boot
}

// conversionRow is the state of a conversion's row in the tables.
type conversionRow struct {
	stored bool
	dirty  bool
	freed  bool // it has lost a key since it was stored
}

// answer is one verdict on its way to a tracker.
type answer struct {
	fold.Place
	verdict journal.Verdict
}

func newChanges(mem *memory) *changes {
	return &changes{mem: mem, rows: newRows(), conversions: make(map[*fold.Conversion]*conversionRow), capsChanged: make(map[*fold.Counter]int64)}
}

// newRows returns what a flush leaves: empty lists and maps, ready to collect again.
func newRows() rows {
	return rows{
		newRepeats: make(map[judge.Key]int64), quarters: make(sums), days: make(sums),
		bodies: make(map[judge.Key][]byte), parked: make(map[string]*fold.Waiting), boots: make(map[journal.BootID]store.Boot),
	}
}

// rebuilding reports whether the batches were folded before: their deliveries exist and
// their trackers have been answered.
func (c *changes) rebuilding() bool {
	return c.mem.progress.Position <= c.mem.progress.RebuildUntil
}

// stored is when the journal's server stored the batch, in microseconds since 1970.
func (c *changes) stored() int64 {
	if c.batch.Stored.IsZero() {
		return math.MaxInt64 // not known
	}
	return c.batch.Stored.UnixMicro()
}

// Booked is fold.Sink's: it counts a conversion, or what changed of it, keeps its row,
// and makes its deliveries.
func (c *changes) Booked(of *fold.Conversion, o *judge.Outcome, by *fold.Config, visit *judge.Visit) {
	n := o.Conversion
	row := c.conversions[of]
	if row == nil {
		row = &conversionRow{stored: o.Before != nil}
		c.conversions[of] = row
	}
	cell := c.cellID(n.Dimensions)
	if before := o.Before; before == nil {
		c.keepConfig(by)
		c.zone(n.Dimensions.Network, by.Offer.TimeZone, n.At)
	} else {
		row.freed = row.freed || freed(before.OrderKey, n.OrderKey) || freed(before.SessionKey, n.SessionKey)
	}
	if !row.dirty {
		row.dirty = true
		c.changed = append(c.changed, of)
	}
	for _, m := range []*store.Measures{c.quarters.at(floorDiv(n.At, quarterMicros), cell), c.days.at(n.Day, cell)} {
		if o.Before != nil {
			tally(m, o.Before, -1)
		}
		tally(m, n, 1)
	}
	if o.Closes != "" {
		c.sessions = append(c.sessions, store.Session{ID: o.Closes, ClosedAt: n.UpdatedAt, ClosedBy: n.ID})
	}
	c.deliver(o.Fires, n, by, visit)
}

// freed reports whether a key is no longer occupied.
func freed(before, now judge.Key) bool { return before != (judge.Key{}) && before != now }

// Judged is fold.Sink's: it writes the log line of a postback, and keeps its verdict for
// its tracker.
func (c *changes) Judged(p *fold.Postback, o *judge.Outcome) {
	if o.Conversion != nil {
		c.nameGoal(p)
	}
	if o.Remember {
		c.newRepeats[p.Keys.Repeat] = p.At
	}
	if o.GoalClick {
		c.countGoalClick(p)
	}
	row := store.Postback{ID: p.ID, Postback: p.Postback, Verdict: o.Verdict, ClickMissing: o.ClickMissing, HTTPStatus: httpStatus(p, &o.Verdict)}
	if p.Terms != nil {
		row.Offer, row.Partner = p.Terms.Offer.Name, p.Terms.Partner.Name
	}
	c.logged = append(c.logged, row)
	c.verdicts = append(c.verdicts, answer{p.Place, o.Verdict})
	if p.Trace != "" && !c.rebuilding() {
		c.traced = append(c.traced, traced{p.Trace, o.Verdict})
	}
}

// Parked is fold.Sink's.
func (c *changes) Parked(w *fold.Waiting) {
	c.keepConfig(w.Config)
	c.parked[w.ID] = w
}

// Released is fold.Sink's.
func (c *changes) Released(w *fold.Waiting) {
	delete(c.parked, w.ID)
	c.unparked = append(c.unparked, w.ID)
}

// httpStatus is the status of the tracker's answer, as far as the journal shows it.
func httpStatus(p *fold.Postback, v *journal.Verdict) int {
	switch {
	case p.HTTPStatus != 0:
		return p.HTTPStatus
	case p.Waited:
		return http.StatusAccepted
	case v.Verdict == judge.Refused && v.Reason == judge.ReasonBadAmount:
		return http.StatusBadRequest
	}
	return http.StatusOK
}

// nameGoal keeps what the goal of a conversion is called.
func (c *changes) nameGoal(p *fold.Postback) {
	t := &p.Terms.Goal
	if p.Reason != "" || t.Value == "" {
		return
	}
	key := goalKey{p.Network, p.Terms.Offer.Name, t.Value}
	n := store.Goal{Network: key.network, Offer: key.offer, Goal: key.goal, Name: t.Name, Slug: t.Slug, Title: t.Title}
	if c.mem.goals[key] != n {
		c.mem.goals[key] = n
		c.goals = append(c.goals, n)
	}
}

// countGoalClick counts a goal that is recorded as a click. It has no row but that of the
// log, and no money; the rollups hold it in the cell of the goal.
func (c *changes) countGoalClick(p *fold.Postback) {
	t := p.Terms
	cell := c.cellID(judge.Dimensions{Network: p.Network, Offer: t.Offer.Name, Partner: t.Partner.Name, Advertiser: t.Offer.Advertiser,
		Goal: t.Goal.Value, Currency: t.Offer.Currency, Private: t.Goal.Private})
	c.nameGoal(p)
	c.zone(p.Network, t.Offer.TimeZone, p.At)
	c.quarters.at(floorDiv(p.At, quarterMicros), cell).GoalClicks++
	c.days.at(judge.Day(p.At, p.Config.Zone), cell).GoalClicks++
}

// cellID is the number of a cell, which gets the next one when it is new. Numbers are
// given in the order of entries, so that a rebuild gives the same ones.
func (c *changes) cellID(of judge.Dimensions) int64 {
	if id, ok := c.mem.cells[of]; ok {
		return id
	}
	id := c.mem.addCell(of)
	c.cells = append(c.cells, store.Cell{ID: id, Dimensions: of})
	return id
}

// zoneMicros is how long a network's time zone stays as it was seen last. While a
// change of it spreads, trackers disagree for a moment; noting each of them would add
// nothing.
const zoneMicros = 3600 * 1_000_000

// zone notes from when on the days of a network are counted in another time zone.
func (c *changes) zone(network, zone string, at int64) {
	if zone == "" {
		zone = "UTC"
	}
	last, known := c.mem.zones[network]
	if known && (last.Zone == zone || at < last.Since+zoneMicros) {
		return
	}
	z := store.Zone{Network: network, Since: at, Zone: zone}
	c.mem.zones[network] = z
	c.zones = append(c.zones, z)
}

// keepConfig keeps a configuration that rows refer to, unless it is in the tables.
func (c *changes) keepConfig(of *fold.Config) {
	if of.Encoded != nil {
		c.bodies[of.Hash] = of.Encoded
		of.Encoded = nil
	}
}
