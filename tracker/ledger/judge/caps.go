package judge

import (
	"slices"
	"strings"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/tracker/journal"
)

// reached reports whether taking before away (nil for none) and adding n would
// exceed one of the caps. A change that takes no more of a cap than before always fits,
// also where the cap is over its limit by now. The sum of both is never formed, since it may
// overflow.
func reached(t *journal.Terms, n, before *Conversion, used UsedFunc) bool {
	for i := range t.Offer.Caps {
		limit := &t.Offer.Caps[i]
		if !Covers(limit, &n.Dimensions) {
			continue
		}
		more := Share(limit.Metric, n) - Share(limit.Metric, before)
		if more > 0 && more > limit.Limit-used(limit, n) {
			return true
		}
	}
	return false
}

// Share is what a conversion takes of a cap: one place, or its money. nil,
// rejected ones, and metrics that do not count conversions take nothing.
func Share(metric snapshot.CapMetric, c *Conversion) int64 {
	if c == nil || !c.Counts() {
		return 0
	}
	switch metric {
	case snapshot.CapConversions:
		return 1
	case snapshot.CapPayout:
		return int64(c.Payout)
	case snapshot.CapRevenue:
		return int64(c.Revenue)
	}
	return 0
}

// Covers reports whether a cap of the cell's offer counts what happens in the cell.
// Clicks and impressions have no goal.
func Covers(limit *snapshot.Cap, cell *Dimensions) bool {
	traffic := limit.Metric == snapshot.CapClicks || limit.Metric == snapshot.CapImpressions
	if !traffic && limit.Goal != "" && !strings.EqualFold(limit.Goal, cell.Goal) {
		return false
	}
	return len(limit.Partners) == 0 || slices.Contains(limit.Partners, cell.Partner)
}
