package fold

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/tracker/ledger/judge"
)

// Zones finds time zones by their names.
type Zones map[string]*time.Location

// Find returns the time zone of that name; UTC if there is none such.
func (z Zones) Find(name string) *time.Location {
	if zone, ok := z[name]; ok {
		return zone
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		zone = time.UTC
	}
	z[name] = zone
	return zone
}

// Cap is a cap of a configuration with its definition written down.
type Cap struct {
	*snapshot.Cap
	definition string
	parsed     definition
}

// TrafficCaps are the caps of a list that count clicks or impressions.
func TrafficCaps(list []snapshot.Cap, zone string) []Cap {
	return capsOf(list, zone, func(m snapshot.CapMetric) bool { return !conversionMetrics(m) })
}

func conversionMetrics(m snapshot.CapMetric) bool {
	return m == snapshot.CapConversions || m == snapshot.CapPayout || m == snapshot.CapRevenue
}

func capsOf(list []snapshot.Cap, zone string, wanted func(snapshot.CapMetric) bool) []Cap {
	var out []Cap
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
		out = append(out, Cap{Cap: c, definition: string(text), parsed: d})
	}
	return out
}

// definition is what a cap counts; its limit is not part of it. Its JSON form is kept
// with the counter: another definition under the same name is another counter.
type definition struct {
	Metric     snapshot.CapMetric `json:"metric"`
	Window     snapshot.CapWindow `json:"window"`
	Zone       string             `json:"zone"`
	Goal       string             `json:"goal,omitempty"`
	PerPartner bool               `json:"perPartner,omitempty"`
	Partners   []string           `json:"partners,omitempty"`
}

// cap is the definition in the form that judge takes.
func (d *definition) cap() *snapshot.Cap {
	return &snapshot.Cap{Metric: d.Metric, Window: d.Window, Goal: d.Goal, PerPartner: d.PerPartner, Partners: d.Partners}
}

// CounterKey names one cap in one of its windows.
type CounterKey struct {
	Network, Offer, Cap string
	// Definition is what the cap counts. One that changes is another counter, which
	// begins with what the rollups hold.
	Definition string
	Partner    string // "" for a cap that counts the offer as a whole
	Starts     int64  // of the window, microseconds since 1970
}

// Counter is how far one cap is used up within one of its windows.
type Counter struct {
	CounterKey
	Ends int64 // exclusive, microseconds since 1970; 0 for lifetime
	Used int64 // a count, or millionths

	parsed definition
}

// Metric is that of the counter's cap.
func (n *Counter) Metric() snapshot.CapMetric { return n.parsed.Metric }

// Window is that of the counter's cap.
func (n *Counter) Window() snapshot.CapWindow { return n.parsed.Window }

// scope is what counters are found by.
type scope struct{ network, offer, partner string }

func (n *Counter) scope() scope { return scope{n.Network, n.Offer, n.Partner} }

// Counters are the caps that are in use, with how far they are used.
//
// A counter is one definition of a cap in one window, for one partner where the cap counts
// partners apart. It begins when an entry first asks for it, with what the books
// hold of its window; from there on every event of its offer is counted in it. It goes on
// counting when its cap is taken out of the configuration, so a cap that returns under the
// same definition has missed nothing. The limit is not kept: it is that of the
// configuration at hand, and may change within a window.
//
// Counting costs the counters of the offer, and of the partner where there are some.
type Counters struct {
	zones Zones
	byKey map[CounterKey]*Counter
	// byScope finds those that may count an event: a cap that counts each partner by
	// itself has a counter for each, so they are kept apart. Partner is "" for others.
	byScope map[scope][]*Counter
	changed map[*Counter]bool
}

// NewCounters returns Counters with what is counted already.
func NewCounters(zones Zones, list []Counter) (*Counters, error) {
	c := &Counters{zones: zones, byKey: make(map[CounterKey]*Counter), byScope: make(map[scope][]*Counter), changed: make(map[*Counter]bool)}
	for i := range list {
		n := &list[i]
		if err := json.Unmarshal([]byte(n.Definition), &n.parsed); err != nil {
			return nil, fmt.Errorf("read the definition of cap %q of offer %s/%s: %w", n.Cap, n.Network, n.Offer, err)
		}
		c.add(n)
	}
	return c, nil
}

func (c *Counters) add(n *Counter) {
	c.byKey[n.CounterKey] = n
	c.byScope[n.scope()] = append(c.byScope[n.scope()], n)
}

// Find returns the counter of that name, nil if there is none.
func (c *Counters) Find(key CounterKey) *Counter { return c.byKey[key] }

// Begin begins the counters of caps for what happens in a cell at a time, as far as
// they do not exist. before returns what the cap would have counted in its window so
// far, because a cap counts what happened before it was configured too.
func (c *Counters) Begin(caps []Cap, cell *judge.Dimensions, at int64, zone *time.Location, before func(*Cap, *Counter) (int64, error)) error {
	for i := range caps {
		limit := &caps[i]
		if !judge.Covers(limit.Cap, cell) {
			continue
		}
		key, ends := limit.Key(cell, at, zone)
		if c.byKey[key] != nil {
			continue
		}
		n := &Counter{CounterKey: key, Ends: ends, parsed: limit.parsed}
		var err error
		if n.Used, err = before(limit, n); err != nil {
			return err
		}
		c.add(n)
		c.changed[n] = true
	}
	return nil
}

// Key is the key of the counter of a cap for what happens in a cell at a time, and when
// its window ends.
func (r *Cap) Key(cell *judge.Dimensions, at int64, zone *time.Location) (key CounterKey, ends int64) {
	starts, ends := judge.Window(r.Window, at, zone)
	key = CounterKey{Network: cell.Network, Offer: cell.Offer, Cap: r.Name, Definition: r.definition, Starts: starts}
	if r.PerPartner {
		key.Partner = cell.Partner
	}
	return key, ends
}

// Drop forgets the counters whose window ended before at.
func (c *Counters) Drop(at int64) {
	for key, n := range c.byKey {
		if n.Ends == 0 || n.Ends >= at {
			continue
		}
		delete(c.byKey, key)
		list := slices.DeleteFunc(c.byScope[n.scope()], func(o *Counter) bool { return o == n })
		if len(list) == 0 {
			delete(c.byScope, n.scope())
		} else {
			c.byScope[n.scope()] = list
		}
	}
}

// TakeChanged returns the counters that have changed since it was called last.
func (c *Counters) TakeChanged() []Counter {
	out := make([]Counter, 0, len(c.changed))
	for n := range c.changed {
		out = append(out, *n)
	}
	clear(c.changed)
	return out
}

// Count counts an event of a metric in a cell.
func (c *Counters) Count(metric snapshot.CapMetric, cell *judge.Dimensions, at int64) {
	c.covering(cell, at, func(n *Counter) {
		if n.parsed.Metric == metric {
			c.take(n, 1)
		}
	})
}

// recount counts what changed of a conversion in every counter of its offer; before is
// nil for a new one.
func (c *Counters) recount(n, before *judge.Conversion) {
	c.covering(&n.Dimensions, n.At, func(of *Counter) {
		if more := judge.Share(of.parsed.Metric, n) - judge.Share(of.parsed.Metric, before); more != 0 {
			c.take(of, more)
		}
	})
}

// take counts up or down. What would overflow stays at the end.
func (c *Counters) take(n *Counter, more int64) {
	sum := n.Used + more
	switch {
	case more > 0 && sum < n.Used:
		sum = math.MaxInt64
	case more < 0 && sum > n.Used:
		sum = math.MinInt64
	}
	n.Used = sum
	c.changed[n] = true
}

// covering calls count for the counters that count what happens in the cell at that time.
func (c *Counters) covering(cell *judge.Dimensions, at int64, count func(*Counter)) {
	if len(c.byScope) == 0 {
		return
	}
	for _, partner := range []string{"", cell.Partner} {
		for _, n := range c.byScope[scope{cell.Network, cell.Offer, partner}] {
			if n.counts(cell, at, c.zones) {
				count(n)
			}
		}
		if cell.Partner == "" {
			return
		}
	}
}

// counts reports whether the counter counts what happens in the cell at that time.
func (n *Counter) counts(cell *judge.Dimensions, at int64, zones Zones) bool {
	// Most are of other windows. Clocks are changed by less than the margin.
	const margin = 3 * 3600 * 1_000_000
	if at < n.Starts-margin || n.Ends != 0 && at >= n.Ends+margin {
		return false
	}
	if !judge.Covers(n.parsed.cap(), cell) || n.parsed.PerPartner && n.Partner != cell.Partner {
		return false
	}
	starts, _ := judge.Window(n.parsed.Window, at, zones.Find(n.parsed.Zone))
	return starts == n.Starts
}

// used is judge.UsedFunc of a configuration: a Source begins counters before anything is judged.
func (f *Fold) used(config *Config) judge.UsedFunc {
	return func(limit *snapshot.Cap, of *judge.Conversion) int64 {
		for i := range config.Caps {
			if r := &config.Caps[i]; r.Cap == limit {
				key, _ := r.Key(&of.Dimensions, of.At, config.Zone)
				if n := f.Counters.byKey[key]; n != nil {
					return n.Used
				}
			}
		}
		f.Log.Error(nil, "a cap was judged without its counter", "cap", strings.ToValidUTF8(limit.Name, "?"))
		return math.MaxInt64
	}
}
