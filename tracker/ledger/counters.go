package ledger

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/tracker/ledger/judge"
	"github.com/waypost/waypost/tracker/ledger/store"
)

// counters are the caps that are in use, with how far they are used.
type counters struct {
	byKey map[counterKey]*counter
	// byScope finds those that may count an event: a cap that counts each partner by
	// itself has a counter for each, so they are kept apart. Partner is "" for others.
	byScope map[scope][]*counter
}

type offerKey struct{ network, offer string }

type scope struct {
	offerKey
	partner string
}

type counterKey struct {
	offerKey
	cap, definition, partner string
	starts                   int64
}

// counter is a store.Counter, ready to count.
type counter struct {
	store.Counter
	definition
}

// definition is what a cap counts; its limit is not part of it. Its JSON form is
// kept with the counter: another definition under the same name is another counter.
type definition struct {
	Metric     snapshot.CapMetric `json:"metric"`
	Window     snapshot.CapWindow `json:"window"`
	Zone       string             `json:"zone"`
	Goal       string             `json:"goal,omitempty"`
	PerPartner bool               `json:"perPartner,omitempty"`
	Partners   []string           `json:"partners,omitempty"`
}

// cap is the definition as judge knows it.
func (d *definition) cap() *snapshot.Cap {
	return &snapshot.Cap{Metric: d.Metric, Window: d.Window, Goal: d.Goal, PerPartner: d.PerPartner, Partners: d.Partners}
}

// capRef is a cap of a configuration with its definition written down.
type capRef struct {
	limit      *snapshot.Cap
	definition string
	parsed     definition
}

func capRefs(list []snapshot.Cap, zone string, wanted func(snapshot.CapMetric) bool) []capRef {
	var out []capRef
	for i := range list {
		c := &list[i]
		if !wanted(c.Metric) {
			continue
		}
		d := definition{Metric: c.Metric, Window: c.Window, Zone: zone, Goal: c.Goal, PerPartner: c.PerPartner, Partners: c.Partners}
		text, err := json.Marshal(d)
		if err != nil {
			panic(err) // text and numbers only
		}
		out = append(out, capRef{limit: c, definition: string(text), parsed: d})
	}
	return out
}

func loadCounters(ctx context.Context, tx *store.Tx) (counters, error) {
	c := counters{byKey: make(map[counterKey]*counter), byScope: make(map[scope][]*counter)}
	rows, err := tx.Counters(ctx)
	if err != nil {
		return c, err
	}
	for _, row := range rows {
		n := &counter{Counter: row}
		if err := json.Unmarshal([]byte(row.Definition), &n.definition); err != nil {
			return c, fmt.Errorf("read the definition of cap %q of offer %s/%s: %w", row.Cap, row.Network, row.Offer, err)
		}
		c.add(n)
	}
	return c, nil
}

func (c *counters) add(n *counter) {
	c.byKey[n.key()] = n
	c.byScope[n.scope()] = append(c.byScope[n.scope()], n)
}

func (n *counter) scope() scope { return scope{offerKey{n.Network, n.Offer}, n.Partner} }

func (n *counter) key() counterKey {
	return counterKey{offerKey{n.Network, n.Offer}, n.Cap, n.Definition, n.Partner, n.Starts}
}

// drop forgets the counters whose window ended before at.
func (c *counters) drop(at int64) {
	for key, n := range c.byKey {
		if n.Ends == 0 || n.Ends >= at {
			continue
		}
		delete(c.byKey, key)
		list := slices.DeleteFunc(c.byScope[n.scope()], func(o *counter) bool { return o == n })
		if len(list) == 0 {
			delete(c.byScope, n.scope())
		} else {
			c.byScope[n.scope()] = list
		}
	}
}

// covering calls count for the counters that count what happens in the cell at that
// time.
func (c *counters) covering(cell *judge.Cell, at int64, m *memory, count func(*counter)) {
	if len(c.byScope) == 0 {
		return
	}
	key := offerKey{cell.Network, cell.Offer}
	for _, partner := range []string{"", cell.Partner} {
		for _, n := range c.byScope[scope{key, partner}] {
			if n.counts(cell, at, m) {
				count(n)
			}
		}
		if cell.Partner == "" {
			return
		}
	}
}

// keyFor is the key of the counter of a cap for what happens in a cell at a time.
func (r *capRef) keyFor(cell *judge.Cell, at int64, zone *time.Location) (key counterKey, ends int64) {
	starts, ends := judge.Window(r.limit.Window, at, zone)
	key = counterKey{offerKey{cell.Network, cell.Offer}, r.limit.Name, r.definition, "", starts}
	if r.limit.PerPartner {
		key.partner = cell.Partner
	}
	return key, ends
}

// counts reports whether the counter counts what happens in the cell at that time.
func (n *counter) counts(cell *judge.Cell, at int64, m *memory) bool {
	// Most are of other windows. Clocks are changed by less than the margin.
	const margin = 3 * 3600 * 1_000_000
	if at < n.Starts-margin || n.Ends != 0 && at >= n.Ends+margin {
		return false
	}
	if !judge.Covers(n.cap(), cell) || n.PerPartner && n.Partner != cell.Partner {
		return false
	}
	starts, _ := judge.Window(n.Window, at, m.location(n.Zone))
	return starts == n.Starts
}
