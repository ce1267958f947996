package query

import (
	"fmt"
	"slices"
	"strings"
)

// Group is what reports are grouped by.
type Group string

// The groups.
const (
	ByHour       Group = "hour"
	ByDay        Group = "day"
	ByMonth      Group = "month"
	ByNetwork    Group = "network"
	ByOffer      Group = "offer"
	ByPartner    Group = "partner"
	ByAdvertiser Group = "advertiser"
	ByGoal       Group = "goal"
	ByGoalName   Group = "goalName"
	BySource     Group = "source"
	ByCountry    Group = "country"
	ByDevice     Group = "device"
	ByStatus     Group = "status"
)

// BySub is the group of the n-th sub id, 1 to 10.
func BySub(n int) Group { return Group(fmt.Sprintf("sub%d", n)) }

// Groups are all groups, in the order of the documentation.
var Groups = allGroups()

func allGroups() []Group {
	list := []Group{ByHour, ByDay, ByMonth, ByNetwork, ByOffer, ByPartner, ByAdvertiser, ByGoal, ByGoalName, BySource}
	for n := range 10 {
		list = append(list, BySub(n+1))
	}
	return append(list, ByCountry, ByDevice, ByStatus)
}

// isTime reports whether the group is a piece of time.
func (g Group) isTime() bool { return g == ByHour || g == ByDay || g == ByMonth }

// sub is the number of the sub id that the group is, 0 if it is none.
func (g Group) sub() int {
	var n int
	if _, err := fmt.Sscanf(string(g), "sub%d", &n); err != nil {
		return 0
	}
	return n
}

// inRows reports whether the group is in no rollup: only the rows of clicks,
// impressions and conversions hold it.
func (g Group) inRows() bool {
	return g == BySource || g == ByCountry || g == ByDevice || strings.HasPrefix(string(g), "sub")
}

// finest is the smallest piece of time that is grouped by, "" for none.
func finest(groups []Group) Group {
	for _, g := range []Group{ByHour, ByDay, ByMonth} {
		if slices.Contains(groups, g) {
			return g
		}
	}
	return ""
}
