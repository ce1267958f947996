package store

import (
	"context"

	"github.com/waypost/waypost/tracker/ledger/judge"
	"github.com/waypost/waypost/tracker/ledger/store/column"
)

// Dimensions are the small tables that others refer to, or are read by: cells, kinds of
// visits, the names of goals, and time zones. Numbers are given in the order of the
// journal, so a rebuild gives the same.
type Dimensions struct{ in session }

// Cell is a judge.Dimensions with the number that other tables refer to it by.
type Cell struct {
	ID int64
	judge.Dimensions
}

var cellTable = newTable("cells", 1, ignore,
	column.Number("id", func(c *Cell) *int64 { return &c.ID }),
	column.Plain("network", func(c *Cell) *string { return &c.Network }),
	column.Plain("offer", func(c *Cell) *string { return &c.Offer }),
	column.Plain("partner", func(c *Cell) *string { return &c.Partner }),
	column.Plain("advertiser", func(c *Cell) *string { return &c.Advertiser }),
	column.Plain("goal", func(c *Cell) *string { return &c.Goal }),
	column.Plain("currency", func(c *Cell) *string { return &c.Currency }),
	column.Flag("private", func(c *Cell) *bool { return &c.Private }),
)

// Cells reads all cells, in the order of their numbers, which begin at 1.
func (d Dimensions) Cells(ctx context.Context) ([]Cell, error) {
	return cellTable.list(ctx, d.in, "ORDER BY id")
}

// AddCells adds new cells.
func (d Dimensions) AddCells(ctx context.Context, list []Cell) error {
	return cellTable.insert(ctx, d.in, list)
}

// VisitKind is what many clicks or impressions have in common beside their cell:
// rows refer to it by number, which costs them nothing.
type VisitKind struct {
	// Payout and Revenue are what one is worth, in millionths; those of an
	// impression in thousand-millionths.
	Payout, Revenue int64
	// SubOverflow reports that a parameter was too long and left out.
	SubOverflow bool
}

// NumberedKind is a VisitKind with its number.
type NumberedKind struct {
	ID int64
	VisitKind
}

var kindTable = newTable("visit_kinds", 1, ignore,
	column.Number("id", func(k *NumberedKind) *int64 { return &k.ID }),
	column.Number("payout", func(k *NumberedKind) *int64 { return &k.Payout }),
	column.Number("revenue", func(k *NumberedKind) *int64 { return &k.Revenue }),
	column.Flag("sub_overflow", func(k *NumberedKind) *bool { return &k.SubOverflow }),
)

// Kinds reads all kinds of visits, in the order of their numbers, which begin at 1.
func (d Dimensions) Kinds(ctx context.Context) ([]NumberedKind, error) {
	return kindTable.list(ctx, d.in, "ORDER BY id")
}

// AddKinds adds new kinds of visits.
func (d Dimensions) AddKinds(ctx context.Context, list []NumberedKind) error {
	return kindTable.insert(ctx, d.in, list)
}

// Goal is what a goal was called last, for reports.
type Goal struct {
	Network, Offer, Goal string // the key; Goal is the value
	Name, Slug, Title    string
}

var goalTable = newTable("goals", 3, replace,
	column.Plain("network", func(g *Goal) *string { return &g.Network }),
	column.Plain("offer", func(g *Goal) *string { return &g.Offer }),
	column.Plain("goal", func(g *Goal) *string { return &g.Goal }),
	column.Text("name", func(g *Goal) *string { return &g.Name }),
	column.Text("slug", func(g *Goal) *string { return &g.Slug }),
	column.Text("title", func(g *Goal) *string { return &g.Title }),
)

// Goals reads what all goals are called.
func (d Dimensions) Goals(ctx context.Context) ([]Goal, error) { return goalTable.list(ctx, d.in, "") }

// PutGoals keeps what goals are called.
func (d Dimensions) PutGoals(ctx context.Context, list []Goal) error {
	return goalTable.upsert(ctx, d.in, list)
}

// Zone is the time zone that days of a network are counted in from a moment on.
type Zone struct {
	Network string
	Since   int64 // microseconds since 1970
	Zone    string
}

var zoneTable = newTable("zones", 2, replace,
	column.Plain("network", func(z *Zone) *string { return &z.Network }),
	column.Number("since", func(z *Zone) *int64 { return &z.Since }),
	column.Plain("zone", func(z *Zone) *string { return &z.Zone }),
)

// Zones reads the time zones of all networks, each network's in order.
func (d Dimensions) Zones(ctx context.Context) ([]Zone, error) {
	return zoneTable.list(ctx, d.in, "ORDER BY network, since")
}

// PutZones keeps time zones.
func (d Dimensions) PutZones(ctx context.Context, list []Zone) error {
	return zoneTable.upsert(ctx, d.in, list)
}
