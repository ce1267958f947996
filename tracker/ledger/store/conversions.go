package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/waypost/waypost/api/money"
	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/tracker/journal"
	"github.com/waypost/waypost/tracker/ledger/judge"
	"github.com/waypost/waypost/tracker/ledger/store/column"
)

// Conversions are the tables of conversions and of the terms that they were judged by.
type Conversions struct{ in session }

// Conversion is a row of conversions: a judge.Conversion whose cell is a number.
type Conversion struct {
	Cell int64
	// Freed reports, of one that changes, that it occupied a key which it occupies no more.
	Freed bool
	*judge.Conversion
}

var conversionTable = conversions()

func conversions() *table[Conversion] {
	type row = Conversion
	t := newTable("conversions", 1, replace,
		column.Plain("id", func(c *row) *string { return &c.ID }),
		column.Number("at", func(c *row) *int64 { return &c.At }),
		column.Number("day", func(c *row) *int64 { return &c.Day }),
		column.Number("cell", func(c *row) *int64 { return &c.Cell }),
		column.Number("status", func(c *row) *snapshot.ConversionStatus { return &c.Status }),
		column.Text("reason", func(c *row) *string { return &c.Reason }),
		column.Text("click_id", func(c *row) *string { return &c.ClickID }),
		column.Text("aimp_id", func(c *row) *string { return &c.AimpID }),
		column.Number("session_at", func(c *row) *int64 { return &c.SessionAt }),
		column.Flag("click_missing", func(c *row) *bool { return &c.ClickMissing }),
		column.Text("order_id", func(c *row) *string { return &c.OrderID }),
		column.Text("goal_raw", func(c *row) *string { return &c.GoalRaw }),
		column.Optional("amount", func(c *row) **money.Amount { return &c.Amount }),
		column.Number("payout", func(c *row) *money.Amount { return &c.Payout }),
		column.Number("revenue", func(c *row) *money.Amount { return &c.Revenue }),
		column.Plain("payout_rule", func(c *row) *string { return &c.PayoutRule }),
		column.Plain("revenue_rule", func(c *row) *string { return &c.RevenueRule }),
		column.Plain("config", func(c *row) *string { return &c.Config }),
		column.Number("via", func(c *row) *journal.Via { return &c.Via }),
		column.Number("said", func(c *row) *snapshot.ConversionStatus { return &c.Said }),
		column.Number("hold_until", func(c *row) *int64 { return &c.HoldUntil }),
		column.Text("source", func(c *row) *string { return &c.Source }),
		column.Text("ref", func(c *row) *string { return &c.Ref }),
		column.Text("imp_id", func(c *row) *string { return &c.ImpID }),
		column.Text("country", func(c *row) *string { return &c.Country }),
		column.Text("device", func(c *row) *string { return &c.Device }),
		column.Encoded("subs", func(c *row) *[10]string { return &c.Subs }, subsText, parseSubs),
		column.Object("extras", func(c *row) *map[string]string { return &c.Extras }),
		column.Encoded("history", func(c *row) *[]judge.Change { return &c.History }, historyText, parseHistory),
		column.Key("terms", func(c *row) *judge.Key { return &c.Terms }),
		column.OptionalKey("order_key", func(c *row) *judge.Key { return &c.OrderKey }),
		column.OptionalKey("session_key", func(c *row) *judge.Key { return &c.SessionKey }),
		column.OptionalKey("repeat_key", func(c *row) *judge.Key { return &c.RepeatKey }),
		column.Number("updated_at", func(c *row) *int64 { return &c.UpdatedAt }),
	)
	t.prepare = func(c *row) { c.Conversion = new(judge.Conversion) }
	return t
}

// Add adds new conversions.
func (c Conversions) Add(ctx context.Context, list []Conversion) error {
	return conversionTable.insert(ctx, c.in, list)
}

// Change replaces conversions that exist. It must come before Add: what a changed one
// no longer occupies a new one may take.
func (c Conversions) Change(ctx context.Context, list []Conversion) error {
	// Keys may move between the conversions of the list. Those that keep theirs are
	// written once: freeing all of them read most of the table when they were many.
	var freed []any
	for i := range list {
		if list[i].Freed {
			freed = append(freed, list[i].ID)
		}
	}
	err := c.in.lookup(ctx, "UPDATE conversions SET order_key = NULL, session_key = NULL WHERE id IN (?*)", nil, freed, nil)
	if err != nil {
		return fmt.Errorf("free the keys of conversions: %w", err)
	}
	return conversionTable.upsert(ctx, c.in, list)
}

// FindBy names the column that conversions are looked up by.
type FindBy string

// The columns.
const (
	ByID         FindBy = "id"
	ByOrderKey   FindBy = "order_key"
	BySessionKey FindBy = "session_key"
)

// Find finds conversions; keys are ids for ByID, else judge keys.
func (c Conversions) Find(ctx context.Context, by FindBy, keys []any) (out []Conversion, err error) {
	err = conversionTable.find(ctx, c.in, string(by)+" IN (?*)", nil, keys, func(found Conversion) { out = append(out, found) })
	return out, err
}

// KeyOf is a judge key as Find takes it.
func KeyOf(k judge.Key) any { return k[:] }

// HoldsEnding finds the conversions whose hold ends by itself up to at, in the
// order in which they end.
func (c Conversions) HoldsEnding(ctx context.Context, at int64) ([]Conversion, error) {
	return conversionTable.list(ctx, c.in, "WHERE hold_until > 0 AND hold_until <= ? ORDER BY hold_until, id", at)
}

// NextHold is when the next hold ends, microseconds since 1970; 0 if there is none.
func (s *Store) NextHold(ctx context.Context) (int64, error) {
	var at int64
	err := s.Reader().QueryRowContext(ctx, "SELECT coalesce(min(hold_until), 0) FROM conversions WHERE hold_until > 0").Scan(&at)
	if err != nil {
		return 0, fmt.Errorf("find the next hold that ends: %w", err)
	}
	return at, nil
}

// terms is a configuration by its digest.
type terms struct {
	hash judge.Key
	body []byte
}

var termsTable = newTable("terms", 1, ignore,
	column.Key("hash", func(t *terms) *judge.Key { return &t.hash }),
	column.Bytes("body", func(t *terms) *[]byte { return &t.body }),
)

// PutTerms keeps the configurations that conversions were judged by, each once.
func (c Conversions) PutTerms(ctx context.Context, bodies map[judge.Key][]byte) error {
	list := make([]terms, 0, len(bodies))
	for hash, body := range bodies {
		list = append(list, terms{hash, body})
	}
	return termsTable.upsert(ctx, c.in, list)
}

// Terms reads configurations by digest; a missing one is left out.
func (c Conversions) Terms(ctx context.Context, keys []any) (map[judge.Key][]byte, error) {
	out := make(map[judge.Key][]byte, len(keys))
	err := termsTable.find(ctx, c.in, "hash IN (?*)", nil, keys, func(t terms) { out[t.hash] = t.body })
	return out, err
}

// change is a judge.Change as JSON.
type change struct {
	At      int64                     `json:"at"`
	From    snapshot.ConversionStatus `json:"from"`
	To      snapshot.ConversionStatus `json:"to"`
	By      string                    `json:"by"`
	Reason  string                    `json:"reason"`
	Partner string                    `json:"partner"`
}

func historyText(list *[]judge.Change) string {
	b := []byte{'['}
	for i := range *list {
		c := &(*list)[i]
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(append(b, `{"at":`...), c.At, 10)
		b = strconv.AppendInt(append(b, `,"from":`...), int64(c.From), 10)
		b = strconv.AppendInt(append(b, `,"to":`...), int64(c.To), 10)
		b = column.AppendQuoted(append(b, `,"by":`...), c.By)
		b = column.AppendQuoted(append(b, `,"reason":`...), c.Reason)
		if c.Partner != "" {
			b = column.AppendQuoted(append(b, `,"partner":`...), c.Partner)
		}
		b = append(b, '}')
	}
	return string(append(b, ']'))
}

// ParseHistory reads the column history of conversions.
func ParseHistory(text string) (out []judge.Change, err error) {
	err = parseHistory(text, &out)
	return out, err
}

func parseHistory(text string, out *[]judge.Change) error {
	var list []change
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		return fmt.Errorf("read the history of a conversion: %w", err)
	}
	*out = make([]judge.Change, len(list))
	for i, c := range list {
		(*out)[i] = judge.Change(c)
	}
	return nil
}
