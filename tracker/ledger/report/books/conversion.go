package books

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/waypost/waypost/api/money"
	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/tracker/ledger/judge"
	"github.com/waypost/waypost/tracker/ledger/store"
)

// Conversion is one judged result as it stands now.
type Conversion struct {
	ID         string    `json:"id"`
	Time       time.Time `json:"time"`
	Status     Status    `json:"status"`
	Reason     string    `json:"reason"`
	Network    string    `json:"network"`
	Offer      string    `json:"offer"`
	Partner    string    `json:"partner"`
	Advertiser string    `json:"advertiser,omitempty"` // not for partners

	Goal      string `json:"goal"` // declared value, "" for an unknown goal
	GoalTitle string `json:"goalTitle"`
	GoalName  string `json:"goalName"` // slug
	GoalRaw   string `json:"goalRaw"`  // as sent, "" when none was sent

	ClickID      string `json:"clickID"`
	ImpressionID string `json:"impressionID"` // the partner's
	AimpID       string `json:"aimpID"`       // ours
	OrderID      string `json:"orderID"`

	Amount   *money.Amount `json:"amount"` // of the sale; null when not given
	Payout   money.Amount  `json:"payout"`
	Revenue  *money.Amount `json:"revenue,omitempty"` // not for partners
	Currency string        `json:"currency"`

	Source  string `json:"source"`
	Ref     string `json:"ref"`
	Country string `json:"country"`
	Device  string `json:"device"`
	Subs

	Config      string `json:"config"`
	PayoutRule  string `json:"payoutRule"`
	RevenueRule string `json:"revenueRule,omitempty"` // not for partners
	Via         Via    `json:"via"`
	Private     bool   `json:"private"` // the goal was private
	// ClickDataMissing says that the click's row was gone: rules on its data did
	// not match.
	ClickDataMissing bool              `json:"clickDataMissing"`
	HoldUntil        *time.Time        `json:"holdUntil"`
	UpdatedAt        time.Time         `json:"updatedAt"`
	Extras           map[string]string `json:"extras"`
	History          []Change          `json:"history"`
}

// Change is one step of a conversion's history.
type Change struct {
	Time time.Time `json:"time"`
	From Status    `json:"from"` // "" at the beginning
	To   Status    `json:"to"`
	// By is postback, hold, or the name of a moderator (not for partners).
	By     string `json:"by"`
	Reason string `json:"reason"`
	// PartnerReason is what the partner reads as Reason; not for partners.
	PartnerReason string `json:"partnerReason,omitempty"`
}

const conversionQuery = `SELECT c.id, c.at, c.status, c.reason, k.network, k.offer, k.partner, k.advertiser,
	k.goal, coalesce(g.title, ''), coalesce(g.slug, ''), c.goal_raw, c.click_id, c.imp_id, c.aimp_id, c.order_id,
	c.amount, c.payout, c.revenue, k.currency, c.source, c.ref, c.country, c.device, c.subs,
	c.config, c.payout_rule, c.revenue_rule, c.via, k.private, c.click_missing, c.hold_until, c.updated_at, c.extras, c.history
	FROM conversions c %s cells k ON k.id = c.cell
	LEFT JOIN goals g ON g.network = k.network AND g.offer = k.offer AND g.goal = k.goal`

func scanConversion(scan func(...any) error, scope Scope) (Conversion, error) {
	var c Conversion
	var at, status, via, private, missing, hold, updated int64
	var subs, extras, history string
	c.Revenue = new(money.Amount)
	err := scan(&c.ID, &at, &status, &c.Reason, &c.Network, &c.Offer, &c.Partner, &c.Advertiser,
		&c.Goal, &c.GoalTitle, &c.GoalName, &c.GoalRaw, &c.ClickID, &c.ImpressionID, &c.AimpID, &c.OrderID,
		&c.Amount, (*int64)(&c.Payout), (*int64)(c.Revenue), &c.Currency, &c.Source, &c.Ref, &c.Country, &c.Device, &subs,
		&c.Config, &c.PayoutRule, &c.RevenueRule, &via, &private, &missing, &hold, &updated, &extras, &history)
	if err != nil {
		return c, err
	}
	c.Time, c.UpdatedAt, c.HoldUntil = timeOf(at), timeOf(updated), timeOrNil(hold)
	c.Status, c.Via = statusOf(snapshot.ConversionStatus(status)), viaOf(via)
	c.Private, c.ClickDataMissing = private != 0, missing != 0
	if err := c.parse(subs, extras, history); err != nil {
		return c, err
	}
	if scope.PartnerOnly {
		c.forPartner()
	}
	return c, nil
}

func (c *Conversion) parse(subs, extras, history string) error {
	if err := c.Subs.parse(subs); err != nil {
		return err
	}
	if err := json.Unmarshal([]byte(extras), &c.Extras); err != nil {
		return fmt.Errorf("read the extras of conversion %s: %w", c.ID, err)
	}
	changes, err := store.ParseHistory(history)
	if err != nil {
		return err
	}
	c.History = make([]Change, len(changes))
	for i, x := range changes {
		c.History[i] = Change{Time: timeOf(x.At), From: statusOf(x.From), To: statusOf(x.To), By: x.By, Reason: x.Reason, PartnerReason: x.Partner}
	}
	return nil
}

// forPartner leaves out what is between the network and its advertiser, and what
// moderators write for each other.
func (c *Conversion) forPartner() {
	c.Advertiser, c.Revenue, c.RevenueRule = "", nil, ""
	maps.DeleteFunc(c.Extras, func(name, _ string) bool {
		return name != "promo_code" && !strings.HasPrefix(name, "custom_field")
	})
	for i := range c.History {
		h := &c.History[i]
		vain := h.vain()
		h.forPartner()
		if c.Status == Rejected && h.To == Rejected && !vain {
			c.Reason = h.Reason
		}
	}
}

// vain reports whether the step is a decision that changed nothing.
func (h *Change) vain() bool { return h.From == h.To && judge.Forbids(h.Reason) }

// forPartner leaves out who decided, and puts what the partner reads in the place of
// the moderator's note. Of a decision in vain, the reason is a code of ours.
func (h *Change) forPartner() {
	if h.By == judge.ByPostback || h.By == judge.ByHold {
		return
	}
	h.By = "moderator"
	if !h.vain() {
		h.Reason = h.PartnerReason
	}
	if h.Reason == "" && h.To == Rejected {
		h.Reason = judge.ReasonByModerator
	}
	h.PartnerReason = ""
}
