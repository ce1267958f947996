package store

import (
	"cmp"
	"context"
	"fmt"

	"github.com/waypost/waypost/api/money"
	"github.com/waypost/waypost/tracker/journal"
	"github.com/waypost/waypost/tracker/ledger/judge"
	"github.com/waypost/waypost/tracker/ledger/store/column"
)

// Postbacks are the tables of the server-postback log, and of postbacks that wait.
type Postbacks struct{ in session }

// Postback is a row of the server-postback log: what came and what was answered.
type Postback struct {
	ID string
	*journal.Postback
	journal.Verdict
	Offer, Partner string // names, "" when the click id named nothing
	ClickMissing   bool
	HTTPStatus     int
}

// Look-ups read the answers.
var postbackTable = newTable("postbacks", 1, ignore,
	column.Plain("id", func(p *Postback) *string { return &p.ID }),
	column.Plain("network", func(p *Postback) *string { return &p.Network }).WriteOnly(),
	column.Number("at", func(p *Postback) *int64 { return &p.At }).WriteOnly(),
	column.Plain("verdict", func(p *Postback) *string { return &p.Verdict.Verdict }),
	column.Plain("reason", func(p *Postback) *string { return &p.Verdict.Reason }),
	column.Text("goal_raw", func(p *Postback) *string { return &p.GoalRaw }).WriteOnly(),
	column.Plain("goal", func(p *Postback) *string { return &p.Goal }),
	column.Computed("click_id", func(p *Postback) any { return column.Clean(cmp.Or(p.ClickID, p.RawClickID)) }), // as it was sent
	column.Text("aimp_id", func(p *Postback) *string { return &p.AimpID }).WriteOnly(),
	column.Plain("offer", func(p *Postback) *string { return &p.Offer }).WriteOnly(),
	column.Plain("partner", func(p *Postback) *string { return &p.Partner }).WriteOnly(),
	column.Plain("conversion", func(p *Postback) *string { return &p.Conversion }),
	column.Text("order_id", func(p *Postback) *string { return &p.OrderID }).WriteOnly(),
	column.Number("payout", func(p *Postback) *money.Amount { return &p.Payout }),
	column.Number("revenue", func(p *Postback) *money.Amount { return &p.Revenue }),
	column.Plain("currency", func(p *Postback) *string { return &p.Verdict.Currency }),
	column.Plain("config", func(p *Postback) *string { return &p.Verdict.Config }),
	column.Number("via", func(p *Postback) *journal.Via { return &p.Via }).WriteOnly(),
	column.Flag("test", func(p *Postback) *bool { return &p.Test }).WriteOnly(),
	column.Flag("click_missing", func(p *Postback) *bool { return &p.ClickMissing }).WriteOnly(),
	column.Text("source_ip", func(p *Postback) *string { return &p.SourceIP }).WriteOnly(),
	column.Computed("delay_seconds", (*Postback).delay),
	column.Number("http_status", func(p *Postback) *int { return &p.HTTPStatus }).WriteOnly(),
	column.Computed("params", func(p *Postback) any { return paramsText(p.Params) }),
)

// delay is the time since the click or impression in seconds, NULL without one.
func (p *Postback) delay() any {
	if p.SessionAt == 0 {
		return nil
	}
	return p.At/1_000_000 - p.SessionAt
}

// paramsText is the parameters as a JSON object in their order; of a name that was
// sent twice the first counts.
func paramsText(params []journal.Param) string {
	b := make([]byte, 1, 256)
	b[0] = '{'
	for i := range params {
		if repeated(params, i) {
			continue
		}
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = column.AppendQuoted(append(column.AppendQuoted(b, params[i].Name), ':'), params[i].Value)
	}
	return string(append(b, '}'))
}

func repeated(params []journal.Param, i int) bool {
	for j := range i {
		if params[j].Name == params[i].Name {
			return true
		}
	}
	return false
}

// Add adds to the log.
func (p Postbacks) Add(ctx context.Context, list []Postback) error {
	return postbackTable.insert(ctx, p.in, list)
}

// Answers finds what was answered to postbacks, by their ids.
func (p Postbacks) Answers(ctx context.Context, ids []string) (map[string]journal.Verdict, error) {
	keys := make([]any, len(ids))
	for i := range ids {
		keys[i] = ids[i]
	}
	out := make(map[string]journal.Verdict, len(ids))
	err := postbackTable.find(ctx, p.in, "id IN (?*)", nil, keys, func(found Postback) {
		found.Known = true
		out[found.ID] = found.Verdict
	})
	return out, err
}

// Drop removes the lines of the log whose ids are below one: ids sort by time.
// Conversions stay, and so do the keys that they occupy.
func (p Postbacks) Drop(ctx context.Context, before string) error {
	if _, err := p.in.exec(ctx, "DELETE FROM postbacks WHERE id < ?", before); err != nil {
		return fmt.Errorf("drop the postback log before %s: %w", before, err)
	}
	return nil
}

// DropAddresses empties the source of pixels, which is a visitor's address, from an id to
// before another. The source of a server's postback is the advertiser's and stays.
func (p Postbacks) DropAddresses(ctx context.Context, from, until string) error {
	_, err := p.in.exec(ctx, "UPDATE postbacks SET source_ip = '' WHERE id >= ? AND id < ? AND via <> ? AND source_ip <> ''", from, until, int64(journal.ViaServer))
	if err != nil {
		return fmt.Errorf("drop the addresses of pixels from %s to %s: %w", from, until, err)
	}
	return nil
}

// Parked is a postback that waits for the row of its click.
type Parked struct {
	ID      string
	Session string
	// Deadline is the tick time from which it waits no longer, microseconds since
	// 1970; 0 until the first tick after its arrival has set it.
	Deadline int64
	// Place orders what is parked: the order of arrival.
	Place    int64
	Boot     [16]byte
	Sequence uint64
	Entry    int
	Reply    string
	Terms    judge.Key
	Postback []byte // CBOR
}

var parkedTable = newTable("parked", 1, replace,
	column.Plain("id", func(p *Parked) *string { return &p.ID }),
	column.Text("session", func(p *Parked) *string { return &p.Session }),
	column.Number("deadline", func(p *Parked) *int64 { return &p.Deadline }),
	column.Number("place", func(p *Parked) *int64 { return &p.Place }),
	column.Key("boot", func(p *Parked) *[16]byte { return &p.Boot }),
	column.Number("sequence", func(p *Parked) *uint64 { return &p.Sequence }),
	column.Number("entry", func(p *Parked) *int { return &p.Entry }),
	column.Plain("reply", func(p *Parked) *string { return &p.Reply }),
	column.Key("terms", func(p *Parked) *judge.Key { return &p.Terms }),
	column.Bytes("postback", func(p *Parked) *[]byte { return &p.Postback }),
)

// Parked reads all that is parked, in the order of arrival.
func (p Postbacks) Parked(ctx context.Context) ([]Parked, error) {
	return parkedTable.list(ctx, p.in, "ORDER BY place")
}

// Park keeps what is parked, new or changed.
func (p Postbacks) Park(ctx context.Context, list []Parked) error {
	return parkedTable.upsert(ctx, p.in, list)
}

// Unpark removes what waits no longer.
func (p Postbacks) Unpark(ctx context.Context, ids []any) error {
	if err := p.in.lookup(ctx, "DELETE FROM parked WHERE id IN (?*)", nil, ids, nil); err != nil {
		return fmt.Errorf("remove parked postbacks: %w", err)
	}
	return nil
}
