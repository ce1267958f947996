package query

import (
	"slices"

	"github.com/waypost/waypost/tracker/ledger/store"
)

// key is where something is counted in a report: a piece of time and a line of
// values.
type key struct {
	time int64
	line int32
}

// line is what rows of a report have in common at all times.
type line struct {
	network, currency string
	// values belong to the groups that are no time, in their order.
	values []string
	titles titles
}

// tally adds up a report.
type tally struct {
	groups   []Group // without those of time
	byStatus bool
	statuses []Status
	// sums belong to keys; index finds their place. They are large, so they stay
	// where they are while their number grows.
	keys   []key
	sums   [][]store.Measures
	index  map[key]int32
	lines  []line
	byText map[string]int32
	ofCell map[int64][5]int32 // the line of a cell: by status, and without one
	text   []byte
}

// noStatus is the place of what has no status in ofCell.
const noStatus = len(Statuses)

func newTally(r *ReportRequest) *tally {
	t := &tally{
		byStatus: slices.Contains(r.Groups, ByStatus), statuses: r.Statuses,
		index: make(map[key]int32), byText: make(map[string]int32), ofCell: make(map[int64][5]int32),
	}
	for _, g := range r.Groups {
		if !g.isTime() {
			t.groups = append(t.groups, g)
		}
	}
	return t
}

// lineOf is the line of a cell, of the values that rows have beyond it, and of a
// status (its place in Statuses, or noStatus).
func (t *tally) lineOf(c *cell, extra []string, status int) int32 {
	if len(extra) > 0 {
		return t.intern(c, extra, status)
	}
	known, ok := t.ofCell[c.id]
	if !ok || known[status] == 0 {
		known[status] = t.intern(c, nil, status) + 1
		t.ofCell[c.id] = known
	}
	return known[status] - 1
}

// intern gives each combination of values its number.
func (t *tally) intern(c *cell, extra []string, status int) int32 {
	t.text = append(append(append(t.text[:0], c.network...), 0), c.curr...)
	t.eachValue(c, extra, status, func(v string) { t.text = append(append(t.text, 0), v...) })
	n, ok := t.byText[string(t.text)]
	if !ok {
		n = int32(len(t.lines))
		l := line{network: c.network, currency: c.curr}
		t.eachValue(c, extra, status, func(v string) { l.values = append(l.values, v) })
		t.lines = append(t.lines, l)
		t.byText[string(t.text)] = n
	}
	t.lines[n].titles.add(c.title)
	return n
}

func (t *tally) eachValue(c *cell, extra []string, status int, f func(string)) {
	for _, g := range t.groups {
		v, ok := c.value(g)
		switch {
		case ok:
		case g == ByStatus && status < noStatus:
			v = string(Statuses[status])
		case g.inRows():
			v, extra = extra[0], extra[1:]
		}
		f(v)
	}
}

// traffic counts clicks and impressions, which have no status.
func (t *tally) traffic(at int64, c *cell, extra []string, m *store.Measures) {
	if len(t.statuses) == 0 {
		t.at(key{at, t.lineOf(c, extra, noStatus)}).Add(m)
	}
}

// conversions counts conversions, each status by itself where that is asked for.
func (t *tally) conversions(at int64, c *cell, extra []string, m *store.Measures) {
	if !t.byStatus && len(t.statuses) == 0 {
		t.at(key{at, t.lineOf(c, extra, noStatus)}).Add(m)
		return
	}
	for s, name := range Statuses {
		if m.Count[s] == 0 || len(t.statuses) > 0 && !slices.Contains(t.statuses, name) {
			continue
		}
		only := store.Measures{}
		only.Count[s], only.Payout[s], only.Revenue[s] = m.Count[s], m.Payout[s], m.Revenue[s]
		place := noStatus
		if t.byStatus {
			place = s
		}
		t.at(key{at, t.lineOf(c, extra, place)}).Add(&only)
	}
}

// at is where a key is added up.
func (t *tally) at(k key) *store.Measures {
	i, ok := t.index[k]
	if !ok {
		i = int32(len(t.keys))
		t.index[k] = i
		t.keys = append(t.keys, k)
		if i%sumsTogether == 0 {
			t.sums = append(t.sums, make([]store.Measures, sumsTogether))
		}
	}
	return t.sum(i)
}

// sumsTogether is how many sums are made at once.
const sumsTogether = 512

// sum is that of the key in place i.
func (t *tally) sum(i int32) *store.Measures { return &t.sums[i/sumsTogether][i%sumsTogether] }
