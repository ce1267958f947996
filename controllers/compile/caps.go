package compile

import (
	"strconv"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/api/v1alpha1"
)

const (
	maxCaps        = 20
	maxCapPartners = 100
)

var (
	capMetrics = []choice[v1alpha1.CapMetric, snapshot.CapMetric]{
		{v1alpha1.CapMetricClicks, snapshot.CapClicks},
		{v1alpha1.CapMetricImpressions, snapshot.CapImpressions},
		{v1alpha1.CapMetricConversions, snapshot.CapConversions},
		{v1alpha1.CapMetricPayout, snapshot.CapPayout},
		{v1alpha1.CapMetricRevenue, snapshot.CapRevenue},
	}
	capWindows = []choice[v1alpha1.CapWindow, snapshot.CapWindow]{
		{v1alpha1.CapWindowHour, snapshot.CapHour},
		{v1alpha1.CapWindowDay, snapshot.CapDay},
		{v1alpha1.CapWindowMonth, snapshot.CapMonth},
		{v1alpha1.CapWindowLifetime, snapshot.CapLifetime},
	}
	capScopes = []choice[v1alpha1.CapScope, bool]{
		{v1alpha1.CapScopeOffer, false},
		{v1alpha1.CapScopePartner, true},
	}
)

// readCaps reads the caps of an offer. A wrong one refuses the offer, other than an
// override or a postback: an offer without one of its caps would spend what the cap was
// to save.
func readCaps(f *findings, at *path, caps []v1alpha1.Cap) []snapshot.Cap {
	f.atMost(at, len(caps), maxCaps)
	var list []snapshot.Cap
	seen := make(map[string]bool, len(caps))
	for i := range caps {
		f.once(at.at(i), seen, "cap", caps[i].Name)
		list = append(list, readCap(f, at.at(i), &caps[i]))
	}
	return list
}

// readCap reads one cap. Its limit is a count, or an amount in millionths, by its metric.
// The goal is not looked up here; see nameCapGoals.
func readCap(f *findings, at *path, c *v1alpha1.Cap) snapshot.Cap {
	if c.Metric == "" {
		f.invalid(at.dot("metric"), "missing: write Clicks, Impressions, Conversions, Payout or Revenue")
	}
	if c.Window == "" {
		f.invalid(at.dot("window"), "missing: write Hour, Day, Month or Lifetime")
	}
	limited := snapshot.Cap{
		Name:       f.required(at.dot("name"), c.Name, maxTitle),
		Metric:     choose(f, at.dot("metric"), c.Metric, capMetrics),
		Window:     choose(f, at.dot("window"), c.Window, capWindows),
		PerPartner: choose(f, at.dot("per"), c.Per, capScopes),
		Partners:   f.names(at.dot("partners"), c.Partners, maxCapPartners),
	}
	if c.Goal != "" {
		limited.Goal = f.matching(at.dot("goal"), c.Goal, maxGoalValue, goalPattern, "goal value")
		if limited.Metric == snapshot.CapClicks || limited.Metric == snapshot.CapImpressions {
			f.invalid(at.dot("goal"), "clicks and impressions have no goal: remove goal, or set metric to Conversions, Payout or Revenue")
		}
	}
	if limited.Metric == snapshot.CapPayout || limited.Metric == snapshot.CapRevenue {
		limited.Limit = readRequiredAmount(f, at.dot("limit"), c.Limit)
	} else {
		limited.Limit = readCount(f, at.dot("limit"), string(c.Limit))
	}
	return limited
}

// readRequiredAmount reads an amount that must be there.
func readRequiredAmount(f *findings, at *path, amount v1alpha1.Amount) int64 {
	if amount == "" {
		f.invalid(at, "missing: write an amount, such as 1000.00")
	}
	return int64(readAmount(f, at, amount))
}

// readCount reads a whole number of events, of up to 10 digits as amounts are.
func readCount(f *findings, at *path, limit string) int64 {
	n, err := strconv.ParseUint(limit, 10, 63)
	if err != nil || len(limit) > 10 {
		f.invalid(at, "%.32q is no whole number of up to 10 digits: write it like 1000", limit)
	}
	return int64(n)
}

// nameCapGoals gives the caps of an offer the declared spelling of the goals that
// they name. A cap whose goal does not exist stays as it is written: it counts
// nothing until there is such a goal, and then it must hold.
func nameCapGoals(f *findings, body *snapshot.Offer, goals []*snapshot.Goal) {
	for i := range body.Caps {
		c := &body.Caps[i]
		if c.Goal == "" {
			continue
		}
		if declared := findGoal(goals, c.Goal); declared != nil {
			c.Goal = declared.Value
			continue
		}
		f.dangling = append(f.dangling, newProblem(v1alpha1.ReasonRefNotFound, root.dot("caps").at(i).dot("goal"),
			"the offer has no goal %.64q: cap %.64q counts nothing until it has one", c.Goal, c.Name))
	}
}
