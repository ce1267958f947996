package plan

import (
	"fmt"
	"strings"

	"github.com/waypost/waypost/api/money"
	"github.com/waypost/waypost/api/snapshot"
)

// switched and its neighbours put a field into the words of manifests, so that a line of
// a plan can be found in the change that it is about.
func switched(disabled bool) string {
	if disabled {
		return "Disabled"
	}
	return "Enabled"
}

func required(b bool) string {
	if b {
		return "required"
	}
	return "optional"
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func access(approvalNeeded bool) string {
	if approvalNeeded {
		return "ApprovalRequired"
	}
	return "Public"
}

func state(s snapshot.State) string {
	names := [...]string{"Active", "Paused", "Pending", "Expired", "Blocked", "Rejected", "Deleted"}
	return names[s]
}

func protocol(p snapshot.Protocol) string {
	names := [...]string{"Server", "Image", "ImageSSL", "IFrame", "IFrameSSL", "ServerPartner"}
	return names[p]
}

// caps puts all caps of an offer into one text, in the order of the list: a cap that is
// changed, added or moved shows as one change of the whole.
func caps(list []snapshot.Cap) string {
	metrics := [...]string{"", "Clicks", "Impressions", "Conversions", "Payout", "Revenue"}
	windows := [...]string{"", "Hour", "Day", "Month", "Lifetime"}
	var words []string
	for _, c := range list {
		limit := fmt.Sprint(c.Limit)
		if c.Metric == snapshot.CapPayout || c.Metric == snapshot.CapRevenue {
			limit = money.Amount(c.Limit).String()
		}
		word := fmt.Sprintf("%s: %s %s a %s", c.Name, limit, metrics[c.Metric], windows[c.Window])
		if c.Goal != "" {
			word += " of goal " + c.Goal
		}
		if c.PerPartner {
			word += " per partner"
		}
		if len(c.Partners) > 0 {
			word += " (" + strings.Join(c.Partners, " ") + ")"
		}
		words = append(words, word)
	}
	return strings.Join(words, "; ")
}

func destinations(list []snapshot.Destination) string {
	var words []string
	for _, d := range list {
		words = append(words, fmt.Sprintf("%s %d %s", d.Name, d.Weight, d.URL))
	}
	return strings.Join(words, "; ")
}

// postbacks puts a partner's postbacks into one text. Empty fields leave no gap.
func postbacks(list []snapshot.PartnerPostback) string {
	var words []string
	for _, p := range list {
		words = append(words, strings.Join(strings.Fields(fmt.Sprint(p.Name, " ", p.Offer, " ", p.Goal, " ", p.On, " ", p.URL)), " "))
	}
	return strings.Join(words, "; ")
}
