package store

import (
	"context"
	"fmt"
)

// Kinds of deliveries.
const (
	// KindPostback is a partner's postback: URL is a template of vocabulary
	// macro.PartnerPostback, to be expanded with Macros.
	KindPostback = "postback"
	// KindImpression is an impression destination: URL is final.
	KindImpression = "impression"
)

// StateWaiting is the state of a new delivery; the courier, which owns the states
// and everything from Attempts on, knows the others.
const StateWaiting = "waiting"

// Delivery is one outgoing call, with everything that it needs.
type Delivery struct {
	// ID derives from its event, so that the same delivery never exists twice.
	ID      string
	Network string
	Kind    string
	// Event is the conversion id, or the impression's id; Transition says which
	// of the conversion's changes it is, counted from 0.
	Event      string
	Transition int
	Name       string // of the partner's postback or the offer's destination
	Offer      string
	Partner    string
	Advertiser string
	Goal       string
	Status     string // of the conversion at this transition; "" for impressions
	ClickID    string
	// NeedsClick says that the click's row was missing: macros of the click are not
	// in Macros yet. The courier waits for the row for some minutes.
	NeedsClick bool
	URL        string
	// Macros are the values by canonical macro name, without the empty ones.
	Macros    map[string]string
	CreatedAt int64 // microseconds since 1970
	DueAt     int64
}

var deliveryTable = &table{name: "deliveries", conflict: "(id) DO NOTHING", columns: columnsOf(`id network kind event transition
	name offer partner advertiser goal status click_id needs_click url macros created_at state due_at`)}

// AddDeliveries adds deliveries, except those that exist.
func (tx *Tx) AddDeliveries(ctx context.Context, list []Delivery) error {
	err := tx.in.upsert(ctx, deliveryTable, len(list), func(i int, row []any) {
		d := &list[i]
		row[0], row[1], row[2], row[3], row[4] = d.ID, d.Network, d.Kind, d.Event, int64(d.Transition)
		row[5], row[6], row[7], row[8], row[9] = clean(d.Name), d.Offer, d.Partner, d.Advertiser, d.Goal
		row[10], row[11], row[12], row[13] = d.Status, clean(d.ClickID), flag(d.NeedsClick), clean(d.URL)
		row[14], row[15], row[16], row[17] = objectText(d.Macros), d.CreatedAt, StateWaiting, d.DueAt
	})
	if err != nil {
		return fmt.Errorf("add deliveries: %w", err)
	}
	return nil
}

// ParseMacros reads the column macros of deliveries.
func ParseMacros(text string) (map[string]string, error) { return parseObject(text) }
