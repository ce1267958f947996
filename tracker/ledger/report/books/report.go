package books

import (
	"context"
	"fmt"
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
