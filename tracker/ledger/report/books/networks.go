package books

import (
	"context"
	"fmt"
	"time"
)

// period says that a network's days are counted in a time zone from a moment on.
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
