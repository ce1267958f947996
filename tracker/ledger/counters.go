package ledger

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/tracker/ledger/judge"
	"github.com/waypost/waypost/tracker/ledger/store"
)

// counters are the caps that are in use, with how far they are used.
type counters struct {
	byKey   map[counterKey]*counter
	byOffer map[offerKey][]*counter
}

type offerKey struct{ network, offer string }

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
	c := counters{byKey: make(map[counterKey]*counter), byOffer: make(map[offerKey][]*counter)}
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
	o := offerKey{n.Network, n.Offer}
	c.byOffer[o] = append(c.byOffer[o], n)
}

func (n *counter) key() counterKey {
	return counterKey{offerKey{n.Network, n.Offer}, n.Cap, n.Counter.Definition, n.Partner, n.Starts}
}

// drop forgets the counters whose window ended before at.
func (c *counters) drop(at int64) {
	for key, n := range c.byKey {
		if n.Ends == 0 || n.Ends >= at {
			continue
		}
		delete(c.byKey, key)
		list := c.byOffer[key.offerKey]
		for i := range list {
			if list[i] == n {
				list[i] = list[len(list)-1]
				c.byOffer[key.offerKey] = list[:len(list)-1]
				break
			}
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
	if !judge.Covers(n.cap(), cell) || n.PerPartner && n.Partner != cell.Partner {
		return false
	}
	starts, _ := judge.Window(n.Window, at, m.location(n.Zone))
	return starts == n.Starts
}
