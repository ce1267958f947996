package store

import (
	"context"
	"fmt"

	"github.com/waypost/waypost/api/macro"
	"github.com/waypost/waypost/tracker/ledger/store/column"
)

// Deliveries is the fold's part of the table of outgoing calls.
type Deliveries struct{ in session }

// Kinds of deliveries.
const (
	// KindPostback is a partner's postback: URL is a template of vocabulary
	// macro.PartnerPostback, to be expanded with Macros.
	KindPostback = "postback"
	// KindImpression is an impression destination: URL is final.
	KindImpression = "impression"
)

// stateWaiting is the state of a new delivery; the courier, which owns the states
// and everything after them, defines the others.
const stateWaiting = "waiting"

// Delivery is one outgoing call, with everything that it needs.
type Delivery struct {
	// ID derives from its event, so that the same delivery never exists twice.
	ID      string
	Network string
	Kind    string
	// Event is the conversion id, or the impression's id; Transition is the number of
	// the conversion's change, counted from 0.
	Event      string
	Transition int
	Name       string // of the partner's postback or the offer's destination
	Offer      string
	Partner    string
	Advertiser string
	Goal       string
	Status     string // of the conversion at this transition; "" for impressions
	ClickID    string
	// NeedsClick reports that the click's row was missing: macros of the click are not
	// in Macros yet. The courier waits for the row for some minutes.
	NeedsClick bool
	URL        string
	// Macros are the values by canonical macro name, without the empty ones.
	Macros    map[string]string
	CreatedAt int64 // microseconds since 1970
	DueAt     int64
}

var deliveryTable = newTable("deliveries", 1, ignore,
	column.Plain("id", func(d *Delivery) *string { return &d.ID }),
	column.Plain("network", func(d *Delivery) *string { return &d.Network }),
	column.Plain("kind", func(d *Delivery) *string { return &d.Kind }),
	column.Plain("event", func(d *Delivery) *string { return &d.Event }),
	column.Number("transition", func(d *Delivery) *int { return &d.Transition }),
	column.Text("name", func(d *Delivery) *string { return &d.Name }),
	column.Plain("offer", func(d *Delivery) *string { return &d.Offer }),
	column.Plain("partner", func(d *Delivery) *string { return &d.Partner }),
	column.Plain("advertiser", func(d *Delivery) *string { return &d.Advertiser }),
	column.Plain("goal", func(d *Delivery) *string { return &d.Goal }),
	column.Plain("status", func(d *Delivery) *string { return &d.Status }),
	column.Text("click_id", func(d *Delivery) *string { return &d.ClickID }),
	column.Flag("needs_click", func(d *Delivery) *bool { return &d.NeedsClick }),
	column.Text("url", func(d *Delivery) *string { return &d.URL }),
	column.Object("macros", func(d *Delivery) *map[string]string { return &d.Macros }),
	column.Number("created_at", func(d *Delivery) *int64 { return &d.CreatedAt }),
	column.Computed("state", func(*Delivery) any { return stateWaiting }),
	column.Number("due_at", func(d *Delivery) *int64 { return &d.DueAt }),
)

// Add adds deliveries, except those that exist.
func (d Deliveries) Add(ctx context.Context, list []Delivery) error {
	return deliveryTable.upsert(ctx, d.in, list)
}

// DropAddresses empties what calls that are over have of visitors' addresses, the macro
// {ip}, from an id to before another.
func (d Deliveries) DropAddresses(ctx context.Context, from, until string) error {
	_, err := d.in.exec(ctx, "UPDATE deliveries SET macros = "+d.in.withoutKey("macros", "ip")+
		" WHERE id >= ? AND id < ? AND state <> 'waiting' AND state <> 'suspended' AND macros LIKE '%\"ip\":%'", from, until)
	if err != nil {
		return fmt.Errorf("drop the addresses in deliveries from %s to %s: %w", from, until, err)
	}
	return nil
}

// macroValues are what the fold knew of the event, by canonical macro name.
type macroValues map[string]string

// AppendMacro appends the value of m, nothing if there is none.
func (v macroValues) AppendMacro(dst []byte, m macro.Macro) []byte {
	return append(dst, v[m.String()]...)
}

// CalledURL is the URL that a delivery calls: that of an impression destination is
// final, that of a partner's postback is a template.
func CalledURL(kind, url string, macros map[string]string) (string, error) {
	if kind != KindPostback {
		return url, nil
	}
	template, err := macro.Parse(url, macro.PartnerPostback)
	if err != nil {
		return "", fmt.Errorf("the postback URL: %w", err)
	}
	return string(template.Append(nil, macroValues(macros))), nil
}
