package query

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/waypost/waypost/api/money"
	"github.com/waypost/waypost/tracker/ledger/judge"
	"github.com/waypost/waypost/tracker/ledger/store"
	"github.com/waypost/waypost/tracker/ledger/store/column"
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
	// ClickDataMissing reports that the click's row was gone: rules on its data did
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

var conversionColumns = column.List[Conversion]{
	column.Plain("c.id", func(c *Conversion) *string { return &c.ID }),
	column.Time("c.at", func(c *Conversion) *time.Time { return &c.Time }),
	column.Read("c.status", func(c *Conversion) *Status { return &c.Status }, readStatus),
	column.Plain("c.reason", func(c *Conversion) *string { return &c.Reason }),
	column.Plain("k.network", func(c *Conversion) *string { return &c.Network }),
	column.Plain("k.offer", func(c *Conversion) *string { return &c.Offer }),
	column.Plain("k.partner", func(c *Conversion) *string { return &c.Partner }),
	column.Plain("k.advertiser", func(c *Conversion) *string { return &c.Advertiser }),
	column.Plain("k.goal", func(c *Conversion) *string { return &c.Goal }),
	column.Plain("coalesce(g.title, '')", func(c *Conversion) *string { return &c.GoalTitle }),
	column.Plain("coalesce(g.slug, '')", func(c *Conversion) *string { return &c.GoalName }),
	column.Plain("c.goal_raw", func(c *Conversion) *string { return &c.GoalRaw }),
	column.Plain("c.click_id", func(c *Conversion) *string { return &c.ClickID }),
	column.Plain("c.imp_id", func(c *Conversion) *string { return &c.ImpressionID }),
	column.Plain("c.aimp_id", func(c *Conversion) *string { return &c.AimpID }),
	column.Plain("c.order_id", func(c *Conversion) *string { return &c.OrderID }),
	column.Optional("c.amount", func(c *Conversion) **money.Amount { return &c.Amount }),
	column.Number("c.payout", func(c *Conversion) *money.Amount { return &c.Payout }),
	column.Optional("c.revenue", func(c *Conversion) **money.Amount { return &c.Revenue }),
	column.Plain("k.currency", func(c *Conversion) *string { return &c.Currency }),
	column.Plain("c.source", func(c *Conversion) *string { return &c.Source }),
	column.Plain("c.ref", func(c *Conversion) *string { return &c.Ref }),
	column.Plain("c.country", func(c *Conversion) *string { return &c.Country }),
	column.Plain("c.device", func(c *Conversion) *string { return &c.Device }),
	column.Read("c.subs", func(c *Conversion) *Subs { return &c.Subs }, readSubs),
	column.Plain("c.config", func(c *Conversion) *string { return &c.Config }),
	column.Plain("c.payout_rule", func(c *Conversion) *string { return &c.PayoutRule }),
	column.Plain("c.revenue_rule", func(c *Conversion) *string { return &c.RevenueRule }),
	column.Read("c.via", func(c *Conversion) *Via { return &c.Via }, readVia),
	column.Flag("k.private", func(c *Conversion) *bool { return &c.Private }),
	column.Flag("c.click_missing", func(c *Conversion) *bool { return &c.ClickDataMissing }),
	column.Read("c.hold_until", func(c *Conversion) **time.Time { return &c.HoldUntil }, readTime),
	column.Time("c.updated_at", func(c *Conversion) *time.Time { return &c.UpdatedAt }),
	column.Read("c.extras", func(c *Conversion) *map[string]string { return &c.Extras }, readJSON),
	column.Read("c.history", func(c *Conversion) *[]Change { return &c.History }, readHistory),
}

// conversionQuery lacks the kind of its first join.
var conversionQuery = "SELECT " + conversionColumns.String() + ` FROM conversions c %s cells k ON k.id = c.cell
	LEFT JOIN goals g ON g.network = k.network AND g.offer = k.offer AND g.goal = k.goal`

func scanConversion(scan func(...any) error, scope Scope) (c Conversion, err error) {
	if err := conversionColumns.Scan(scan, &c); err != nil {
		return c, fmt.Errorf("read conversion %s: %w", c.ID, err)
	}
	if scope.PartnerOnly {
		c.forPartner()
	}
	return c, nil
}

func readHistory(text string, to *[]Change) error {
	changes, err := store.ParseHistory(text)
	*to = make([]Change, len(changes))
	for i, x := range changes {
		(*to)[i] = Change{Time: timeOf(x.At), From: statusOf(x.From), To: statusOf(x.To), By: x.By, Reason: x.Reason, PartnerReason: x.Partner}
	}
	return err
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

// forPartner leaves out the moderator's name, and puts what the partner reads in the place of
// the moderator's note. Of a decision in vain, the reason is a code of the books.
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

// ConversionFilter selects conversions. Empty fields select everything.
type ConversionFilter struct {
	Span
	Statuses                         []Status
	Reason                           string
	Offer, Advertiser                string // object names
	Goal, GoalName                   string // value and slug, case ignored
	Currency                         string
	ClickID, AimpID, ImpressionID    string
	OrderID, Source, Country, Device string
	Subs                             [10]string
	Vias                             []Via
	// IDs are conversion ids, at most a page of them.
	IDs []string
}

func (f *ConversionFilter) conditions(b *Books, scope Scope) *where {
	w := &where{}
	scope.cells(w)
	f.Span.conditions(w, "c.at", "c.id")
	w.in("c.status", numbers(f.Statuses))
	w.in("c.via", viaNumbers(f.Vias))
	w.in("c.id", texts(f.IDs))
	scope.reason(w, f.Reason)
	w.equal("k.offer", f.Offer)
	w.equal("k.advertiser", f.Advertiser)
	w.equal("k.currency", f.Currency)
	w.fold("k.goal", f.Goal)
	w.fold("g.slug", f.GoalName)
	w.equal("c.click_id", f.ClickID)
	w.equal("c.aimp_id", f.AimpID)
	w.equal("c.imp_id", f.ImpressionID)
	w.equal("c.order_id", f.OrderID)
	w.equal("c.source", f.Source)
	w.equal("c.country", f.Country)
	w.equal("c.device", f.Device)
	for i, sub := range f.Subs {
		w.equal(b.subColumn("c.subs", i+1), sub)
	}
	// A conversion comes after its click, whose id holds the time.
	if f.ClickID != "" {
		notBefore(w, "c.id", f.ClickID)
	}
	return w
}

// reason compares the reason of conversions with what the scope shows of it: a partner
// finds a moderator's rejections by their code, never by the note.
func (s Scope) reason(w *where, reason string) {
	codes := judge.Rejections[:]
	switch {
	case !s.PartnerOnly, slices.Contains(codes, reason):
		w.equal("c.reason", reason)
	case reason == judge.ReasonByModerator:
		w.add("c.status = ?", int64(Rejected.Number()))
		w.add("c.reason NOT IN (?"+strings.Repeat(",?", len(codes)-1)+")", texts(codes)...)
	case reason != "":
		w.add("1 = 0")
	}
}
