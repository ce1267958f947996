package books

import (
	"context"
	"fmt"
	"time"

	"github.com/waypost/waypost/tracker/ledger/store"
)

// pastVisits reads what is left of the clicks and impressions whose rows have been
// dropped. Their sub ids are gone: they are counted where there is none, so that
// the sum stays what it is without sub ids, and match no filter by one.
func (s *scan) pastVisits(p part) error {
	if s.request.Subs != [10]string{} {
		return nil
	}
	w := &where{}
	// A quarter of an hour counts where it begins.
	w.add("v.bucket >= ?", ceilQuarter(p.from).Unix()/quarterSeconds)
	w.add("v.bucket < ?", ceilQuarter(p.to).Unix()/quarterSeconds)
	s.onlyCells(w, "v.cell")
	s.request.rows(s.Books, w)
	selected := []string{s.timeOf(fmt.Sprintf("v.bucket * %d", quarterSeconds), p), "v.cell"}
	for _, g := range s.request.Groups {
		switch {
		case g.sub() > 0:
			selected = append(selected, "''")
		case g.inRows():
			selected = append(selected, s.column(g))
		}
	}
	extra := make([]string, len(selected)-2)
	groups := len(selected)

	var m store.Measures
	dest := pointers(extra)
	for _, c := range []struct {
		column string
		dest   *int64
	}{{"clicks", &m.Clicks}, {"unique_clicks", &m.UniqueClicks}, {"impressions", &m.Impressions}} {
		selected = append(selected, "CAST(sum(v."+c.column+") AS bigint)")
		dest = append(dest, c.dest)
	}
	money := []*int64{&m.ClickPayout, &m.ClickRevenue, &m.ImpressionPayoutNano, &m.ImpressionRevenueNano}
	sums := make([]split, len(money))
	for i, column := range []string{"click_payout", "click_revenue", "imp_payout_nano", "imp_revenue_nano"} {
		selected = append(selected, sumMoney("v."+column))
		dest = append(dest, &sums[i].units, &sums[i].rest)
	}
	query := "SELECT " + list(selected...) + " FROM past_visits v" + w.String() + " GROUP BY " + ordinals(groups)
	return s.query(query, w.args, dest, func(at int64, c *cell) {
		for i := range money {
			*money[i] = sums[i].total()
		}
		s.tally.traffic(at, c, extra, &m)
	})
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
