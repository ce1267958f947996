package store

import (
	"context"
	"fmt"

	"github.com/waypost/waypost/tracker/journal"
)

// Postback is a row of the server-postback log: what came and what was answered.
type Postback struct {
	ID string
	*journal.Postback
	journal.Verdict
	Offer, Partner string // names, "" when the click id named nothing
	ClickMissing   bool
	HTTPStatus     int
}

var postbackTable = &table{name: "postbacks", columns: columnsOf(`id network at verdict reason goal_raw goal click_id aimp_id
	offer partner conversion order_id payout revenue currency config via test click_missing source_ip delay_seconds http_status params`)}

// AddPostbacks adds to the log.
func (tx *Tx) AddPostbacks(ctx context.Context, list []Postback) error {
	err := tx.in.insert(ctx, postbackTable, len(list), func(i int, row []any) { list[i].fill(row) })
	if err != nil {
		return fmt.Errorf("add to the postback log: %w", err)
	}
	return nil
}

func (p *Postback) fill(row []any) {
	in, v := p.Postback, &p.Verdict
	row[0], row[1], row[2] = p.ID, in.Network, in.At
	row[3], row[4], row[5], row[6] = v.Verdict, v.Reason, clean(in.GoalRaw), v.Goal
	row[7], row[8], row[9], row[10] = clean(clickID(in)), clean(in.AimpID), p.Offer, p.Partner
	row[11], row[12] = v.Conversion, clean(in.OrderID)
	row[13], row[14], row[15] = int64(v.Payout), int64(v.Revenue), v.Currency
	row[16], row[17], row[18], row[19] = v.Config, int64(in.Via), flag(in.Test), flag(p.ClickMissing)
	row[20], row[21], row[22] = clean(in.SourceIP), nil, int64(p.HTTPStatus)
	if in.SessionAt != 0 {
		row[21] = in.At/1_000_000 - in.SessionAt
	}
	row[23] = paramsText(in.Params)
}

// clickID is the click id as it was sent.
func clickID(p *journal.Postback) string {
	if p.ClickID != "" {
		return p.ClickID
	}
	return p.RawClickID
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
		b = appendQuoted(append(appendQuoted(b, params[i].Name), ':'), params[i].Value)
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

// Answers finds what was answered to postbacks, by their ids.
func (tx *Tx) Answers(ctx context.Context, ids []string) (map[string]journal.Verdict, error) {
	keys := make([]any, len(ids))
	for i := range ids {
		keys[i] = ids[i]
	}
	out := make(map[string]journal.Verdict, len(ids))
	const query = "SELECT id, verdict, reason, conversion, goal, payout, revenue, currency, config FROM postbacks WHERE id IN (?*)"
	err := tx.in.lookup(ctx, query, nil, keys, func(row scanner) error {
		var id string
		v := journal.Verdict{Known: true}
		err := row.Scan(&id, &v.Verdict, &v.Reason, &v.Conversion, &v.Goal, (*int64)(&v.Payout), (*int64)(&v.Revenue), &v.Currency, &v.Config)
		out[id] = v
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("find the answers of postbacks: %w", err)
	}
	return out, nil
}
