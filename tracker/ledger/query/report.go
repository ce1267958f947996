package query

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Report is a table of numbers, with their sums by currency.
type Report struct {
	Groups []Group
	Rows   []Row
	// Totals have no values; they are sums of exact numbers, not of rounded rows.
	Totals []Row
	// SubsSince is nil unless the report is by sub ids and reaches back to clicks and
	// impressions whose rows have been dropped: sub ids are known from then on, and
	// what came before is in the rows without one.
	SubsSince *time.Time
}

// Report adds up what a request asks for. The error wraps ErrTooManyRows, or
// ErrNotForPartners when a partner asks for advertisers.
func (b *Books) Report(ctx context.Context, scope Scope, r ReportRequest) (*Report, error) {
	if err := r.allowed(scope); err != nil {
		return nil, err
	}
	t := newTally(&r)
	zoneOf := make(map[string]*time.Location)
	var since *time.Time
	err := b.snapshot(ctx, func(tx reader) (err error) {
		if since, err = b.subsSince(ctx, tx, &r); err != nil {
			return err
		}
		return b.tally(ctx, tx, scope, &r, t, zoneOf)
	})
	if err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	out := t.report(&r, scope, zoneOf)
	out.SubsSince = since
	return out, nil
}

// allowed refuses what would show a partner whose goals it sees.
func (r *ReportRequest) allowed(scope Scope) error {
	if !scope.PartnerOnly {
		return nil
	}
	for _, g := range r.Groups {
		if g == ByAdvertiser {
			return ErrNotForPartners
		}
	}
	if r.Advertiser != "" {
		return ErrNotForPartners
	}
	return nil
}

// tally reads all parts for all networks; those whose days are counted in one zone
// are read together.
func (b *Books) tally(ctx context.Context, tx reader, scope Scope, r *ReportRequest, t *tally, zoneOf map[string]*time.Location) error {
	names, err := b.goals(ctx, tx, scope.Network)
	if err != nil {
		return err
	}
	w := &where{}
	scope.cells(w)
	r.cells(w)
	cells, err := b.cells(ctx, tx, w, names)
	if err != nil || len(cells) == 0 {
		return err
	}
	zones, err := b.zones(ctx, tx, scope.Network)
	if err != nil {
		return err
	}
	first, last, err := b.extent(ctx, tx)
	if err != nil {
		return err
	}
	for _, z := range zoned(cells, zones, r.Zone) {
		for network := range z.networks {
			zoneOf[network] = z.loc
		}
		s := scan{Books: b, ctx: ctx, reader: tx, request: r, cells: z.cells, cellsWhere: w, tally: t}
		s.stretch = stretch{loc: z.loc, finest: finest(r.Groups), rowsOnly: r.fromRows(), daysFrom: z.daysFrom, from: first, to: last}
		if r.From != nil && r.From.In(z.loc).After(first) {
			s.stretch.from = r.From.In(z.loc)
		}
		if r.To != nil && r.To.In(z.loc).Before(last) {
			s.stretch.to = r.To.In(z.loc)
		}
		for _, p := range s.stretch.plan() {
			if err := s.read(p); err != nil {
				return err
			}
		}
	}
	return nil
}

// extent is the time that there are numbers for, with two days to spare so that a
// whole day of any time zone at either end is in it.
func (b *Books) extent(ctx context.Context, tx reader) (first, last time.Time, err error) {
	const query = "SELECT coalesce(min(bucket), 0), coalesce(max(bucket), 0) FROM rollup_quarter"
	err = b.each(ctx, tx, query, nil, func(scan func(...any) error) error {
		var low, high int64
		err := scan(&low, &high)
		first = time.Unix(low*quarterSeconds, 0).Add(-2 * 24 * time.Hour)
		last = time.Unix(high*quarterSeconds, 0).Add(2 * 24 * time.Hour)
		return err
	})
	if err != nil {
		err = fmt.Errorf("find the extent of the numbers: %w", err)
	}
	return first, last, err
}

// zoneClass are the networks whose days are counted in one zone.
type zoneClass struct {
	loc      *time.Location
	networks map[string]bool
	cells    map[int64]*cell
	daysFrom time.Time
}

// zoned sorts cells by the zone that the days of their networks are counted in:
// the one that is asked for, or each network's own.
func zoned(cells map[int64]*cell, zones map[string][]period, asked *time.Location) []*zoneClass {
	byName := make(map[string]*zoneClass)
	var all []*zoneClass
	for id, c := range cells {
		name := current(zones[c.network])
		if asked != nil {
			name = asked.String()
		}
		z := byName[name]
		if z == nil {
			z = &zoneClass{loc: location(name), networks: map[string]bool{}, cells: map[int64]*cell{}}
			byName[name] = z
			all = append(all, z)
		}
		if !z.networks[c.network] {
			z.networks[c.network] = true
			if from := daysCount(zones[c.network], name); from.After(z.daysFrom) {
				z.daysFrom = from
			}
		}
		z.cells[id] = c
	}
	return all
}

// subsSince is the end of what has been dropped before the end of the report: sub
// ids of clicks and impressions are known from then on. Nil when all are known.
func (b *Books) subsSince(ctx context.Context, r reader, request *ReportRequest) (*time.Time, error) {
	if !request.bySubs() {
		return nil, nil
	}
	var since *time.Time
	err := b.each(ctx, r, "SELECT max(bucket) FROM past_visits", nil, func(scan func(...any) error) error {
		var last *int64
		if err := scan(&last); err != nil || last == nil {
			return err
		}
		// Whole days of UTC are dropped.
		end := time.Unix((floorDiv(*last*quarterSeconds, daySeconds)+1)*daySeconds, 0).UTC()
		if request.From == nil || request.From.In(time.UTC).Before(end) {
			since = &end
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("find out since when sub ids are known: %w", err)
	}
	return since, nil
}

// period is the time zone that a network's days are counted in from a moment on.
type period struct {
	since int64
	zone  string
}

// zones reads the time zones of the networks of a scope, each network's in order.
func (b *Books) zones(ctx context.Context, r reader, network string) (map[string][]period, error) {
	w := &where{}
	w.equal("network", network)
	out := make(map[string][]period)
	query := "SELECT network, since, zone FROM zones" + w.String() + " ORDER BY network, since"
	err := b.each(ctx, r, query, w.args, func(scan func(...any) error) error {
		var network string
		var p period
		err := scan(&network, &p.since, &p.zone)
		out[network] = append(out[network], p)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the time zones: %w", err)
	}
	return out, nil
}

// current is the zone of a network now.
func current(list []period) string {
	if len(list) == 0 {
		return "UTC"
	}
	return list[len(list)-1].zone
}

// settled is how long after a change of zone buckets of the earlier one may lie in
// days of the later one: a day and the distance of the zones.
const settled = 50 * time.Hour

// daysCount is when the rollup by day begins to count in a zone, never if it does not.
func daysCount(list []period, zone string) time.Time {
	if current(list) != zone {
		return never
	}
	from := time.Time{}
	for i, p := range list {
		if p.zone != zone {
			from = timeOf(list[i+1].since).Add(settled)
		}
	}
	return from
}

// Zone is the time zone that dates are meant in for a scope: that of its networks,
// UTC when they differ.
func (b *Books) Zone(ctx context.Context, scope Scope) (*time.Location, error) {
	all, err := b.zones(ctx, b.store.Reader(), scope.Network)
	if err != nil {
		return nil, err
	}
	zone := ""
	for _, list := range all {
		switch z := current(list); {
		case zone == "":
			zone = z
		case zone != z:
			return time.UTC, nil
		}
	}
	return location(zone), nil
}

// location is the zone of that name; UTC if there is none such, as in the fold.
func location(name string) *time.Location {
	loc, err := time.LoadLocation(name)
	if err != nil {
		return time.UTC
	}
	return loc
}

// cell is a row of the table cells: what everything is counted by.
type cell struct {
	id                                              int64
	network, offer, partner, advertiser, goal, curr string
	slug, title                                     string // of the goal
}

// value is what the cell has for a group; false if cells do not hold it.
func (c *cell) value(g Group) (string, bool) {
	switch g {
	case ByNetwork:
		return c.network, true
	case ByOffer:
		return c.offer, true
	case ByPartner:
		return c.partner, true
	case ByAdvertiser:
		return c.advertiser, true
	case ByGoal:
		return c.goal, true
	case ByGoalName:
		return c.slug, true
	}
	return "", false
}

// cells reads the cells that conditions on k select, by number.
func (b *Books) cells(ctx context.Context, r reader, w *where, names map[goalKey]goalNames) (map[int64]*cell, error) {
	list := make(map[int64]*cell)
	query := "SELECT k.id, k.network, k.offer, k.partner, k.advertiser, k.goal, k.currency FROM cells k" + w.String()
	err := b.each(ctx, r, query, w.args, func(scan func(...any) error) error {
		c := &cell{}
		err := scan(&c.id, &c.network, &c.offer, &c.partner, &c.advertiser, &c.goal, &c.curr)
		n := names[goalKey{c.network, c.offer, c.goal}]
		c.title, c.slug = n.title, n.slug
		if c.slug == "" {
			c.slug = c.goal
		}
		list[c.id] = c
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the cells: %w", err)
	}
	return list, nil
}

type (
	goalKey   struct{ network, offer, goal string }
	goalNames struct{ slug, title string }
)

// goals reads what goals are called.
func (b *Books) goals(ctx context.Context, r reader, network string) (map[goalKey]goalNames, error) {
	w := &where{}
	w.equal("network", network)
	out := make(map[goalKey]goalNames)
	err := b.each(ctx, r, "SELECT network, offer, goal, slug, title FROM goals"+w.String(), w.args, func(scan func(...any) error) error {
		var k goalKey
		var n goalNames
		err := scan(&k.network, &k.offer, &k.goal, &n.slug, &n.title)
		out[k] = n
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the names of goals: %w", err)
	}
	return out, nil
}

// titles are those of the goals in one row: one goal of several offers may have
// several.
type titles []string

func (t *titles) add(title string) {
	if title != "" && !slices.Contains(*t, title) {
		*t = append(*t, title)
	}
}

func (t titles) String() string {
	if len(t) < 2 {
		return strings.Join(t, "")
	}
	sorted := slices.Sorted(slices.Values(t))
	return strings.Join(sorted, " / ")
}
