package judge

import (
	"slices"
	"strings"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/tracker/journal"
)

// fires returns the partner's postbacks that a conversion calls for now that it
// has its status: those of the offer that match; only where none does, the
// matching global ones. Private and click-only goals call for none.
func fires(t *journal.Terms, c *Conversion) []snapshot.PartnerPostback {
	if t.Goal.Private || t.Goal.ClickOnly || c.Dimensions.Private {
		return nil
	}
	var own, global []snapshot.PartnerPostback
	for _, p := range t.Partner.Postbacks {
		switch {
		case !matches(&p, c):
		case p.Offer == "":
			global = append(global, p)
		case p.Offer == c.Dimensions.Offer:
			own = append(own, p)
		}
	}
	if len(own) > 0 {
		return own
	}
	return global
}

// matches reports whether a partner's postback is for the conversion's goal and status.
// One that lists no statuses is for approved alone.
func matches(p *snapshot.PartnerPostback, c *Conversion) bool {
	if p.Goal != "" && !strings.EqualFold(p.Goal, c.Dimensions.Goal) {
		return false
	}
	if len(p.On) == 0 {
		return c.Status == snapshot.StatusApproved
	}
	return slices.Contains(p.On, c.Status)
}
