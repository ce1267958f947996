package store

import (
	"context"
	"fmt"
	"strings"

	"github.com/waypost/waypost/tracker/journal"
)

// DropVisits removes clicks and impressions of the UTC days before day, and
// visitors of the days before uniques. What reports need beyond sub ids stays in
// past_visits.
func (tx *Tx) DropVisits(ctx context.Context, day, uniques int64) error {
	for _, t := range []string{"clicks", "impressions"} {
		if _, err := tx.in.exec(ctx, tx.condense(t), day); err != nil {
			return fmt.Errorf("condense %s before day %d: %w", t, day, err)
		}
		if err := tx.in.dropDays(ctx, t, day); err != nil {
			return fmt.Errorf("drop %s before day %d: %w", t, day, err)
		}
	}
	if err := tx.in.dropVisitors(ctx, uniques); err != nil {
		return fmt.Errorf("drop unique visitors: %w", err)
	}
	return nil
}

// measured are the numbers of past_visits, for each of the tables that it condenses.
var measured = []struct{ column, clicks, impressions string }{
	{"clicks", "count(*)", "0"},
	{"unique_clicks", "sum(uniq)", "0"},
	{"impressions", "0", "count(*)"},
	{"click_payout", bounded("payout"), "0"},
	{"click_revenue", bounded("revenue"), "0"},
	{"imp_payout_nano", "0", bounded("payout")},
	{"imp_revenue_nano", "0", bounded("revenue")},
}

// condense is the statement that adds the visits of the days before one to
// past_visits. A visit may come late, after those of its day have been condensed.
func (tx *Tx) condense(table string) string {
	var columns, sums, adding []string
	for _, m := range measured {
		sum := m.clicks
		if table == "impressions" {
			sum = m.impressions
		}
		columns = append(columns, m.column)
		sums = append(sums, "CAST("+sum+" AS bigint)")
		adding = append(adding, m.column+" = "+tx.in.clamped("past_visits."+m.column, "excluded."+m.column))
	}
	// Subqueries rather than a join: a database may begin a join with the kinds, and
	// look at all rows for each.
	const worth = "coalesce((SELECT k.payout FROM visit_kinds k WHERE k.id = v.kind), 0) AS payout, coalesce((SELECT k.revenue FROM visit_kinds k WHERE k.id = v.kind), 0) AS revenue"
	return "INSERT INTO past_visits (bucket, cell, source, country, device, " + strings.Join(columns, ", ") + ")" +
		" SELECT at / 900000000, cell, source, country, device, " + strings.Join(sums, ", ") +
		" FROM (SELECT v.*, " + worth + " FROM " + table + " v WHERE v.day < ?) AS w GROUP BY 1, 2, 3, 4, 5" +
		" ON CONFLICT (bucket, cell, source, country, device) DO UPDATE SET " + strings.Join(adding, ", ")
}

// bounded is a sum of money that stops at the end of int64, where a database would
// fail; money is not negative.
func bounded(column string) string {
	millions, rest := "sum("+column+" / 1000000)", "sum("+column+" % 1000000)"
	return "CASE WHEN " + millions + " >= 9223372036854 THEN 9223372036854775807 ELSE " + millions + " * 1000000 + " + rest + " END"
}

// DropPostbacks removes the lines of the postback log whose ids are below one: ids
// sort by time. Conversions stay, and so do the keys that they occupy.
func (tx *Tx) DropPostbacks(ctx context.Context, before string) error {
	if _, err := tx.in.exec(ctx, "DELETE FROM postbacks WHERE id < ?", before); err != nil {
		return fmt.Errorf("drop the postback log before %s: %w", before, err)
	}
	return nil
}

// DropVisitorAddresses empties what lists of postbacks and deliveries have of
// visitors' addresses, from an id to before another: the source of pixels (that of a
// server's postback is the advertiser's), and the macro {ip} of calls that are over.
func (tx *Tx) DropVisitorAddresses(ctx context.Context, from, until string) error {
	_, err := tx.in.exec(ctx, "UPDATE postbacks SET source_ip = '' WHERE id >= ? AND id < ? AND via <> ? AND source_ip <> ''", from, until, int64(journal.ViaServer))
	if err != nil {
		return fmt.Errorf("drop the addresses of pixels from %s to %s: %w", from, until, err)
	}
	_, err = tx.in.exec(ctx, "UPDATE deliveries SET macros = "+tx.in.withoutKey("macros", "ip")+
		" WHERE id >= ? AND id < ? AND state <> 'waiting' AND state <> 'suspended' AND macros LIKE '%\"ip\":%'", from, until)
	if err != nil {
		return fmt.Errorf("drop the addresses in deliveries from %s to %s: %w", from, until, err)
	}
	return nil
}

// DropPersonal empties address, user agent and referrer of the clicks and
// impressions of the UTC days from up to before until.
func (tx *Tx) DropPersonal(ctx context.Context, from, until int64) error {
	for _, t := range []string{"clicks", "impressions"} {
		_, err := tx.in.exec(ctx, "UPDATE "+t+" SET ip = '', user_agent = '', referrer = '' WHERE day >= ? AND day < ?"+
			" AND (ip <> '' OR user_agent <> '' OR referrer <> '')", from, until)
		if err != nil {
			return fmt.Errorf("drop personal data of %s before day %d: %w", t, until, err)
		}
	}
	return nil
}
