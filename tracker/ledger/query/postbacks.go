package query

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/waypost/waypost/api/money"
	"github.com/waypost/waypost/tracker/journal"
	"github.com/waypost/waypost/tracker/ledger/store/column"
	"github.com/waypost/waypost/tracker/server/params"
)

// ErrNotForPartners reports that a partner's caller asked for what is between the
// network and its advertisers.
var ErrNotForPartners = errors.New("this is between the network and its advertisers; partners see conversions and reports")

// Postback is a line of the server-postback log: what came and what was answered.
type Postback struct {
	ID         string       `json:"id"`
	Time       time.Time    `json:"time"`
	Verdict    string       `json:"verdict"`
	Reason     string       `json:"reason"`
	GoalRaw    string       `json:"goalRaw"` // as sent, "" when none was sent
	Goal       string       `json:"goal"`    // resolved, declared value
	ClickID    string       `json:"clickID"` // as sent
	AimpID     string       `json:"aimpID"`
	OrderID    string       `json:"orderID"`
	Network    string       `json:"network"`
	Offer      string       `json:"offer"`
	Partner    string       `json:"partner"`
	Conversion string       `json:"conversion"` // id, "" if none was recorded or found
	Payout     money.Amount `json:"payout"`
	Revenue    money.Amount `json:"revenue"`
	Currency   string       `json:"currency"`
	Config     string       `json:"config"`
	Via        Via          `json:"via"`
	Test       bool         `json:"test"`
	// Source is the address that the postback came from.
	Source string `json:"source"`
	// DelaySeconds is the time since the click or impression, 0 for one of the future;
	// null without one.
	DelaySeconds     *int64 `json:"delaySeconds"`
	ClickDataMissing bool   `json:"clickDataMissing"`
	OrderIDMissing   bool   `json:"orderIDMissing"`
	Params           Params `json:"params"`
	HTTPStatus       int    `json:"httpStatus"`
}

// PostbackFilter selects lines of the log. Empty fields select everything.
type PostbackFilter struct {
	Span
	Verdicts                 []string
	Reason                   string
	Offer, Goal              string
	ClickID, AimpID, OrderID string
	Conversion, Source       string
	Vias                     []Via
	Test                     *bool
}

// names are those that postbacks may have.
var names = params.Postbacks()

var postbackColumns = column.List[Postback]{
	column.Plain("id", func(p *Postback) *string { return &p.ID }),
	column.Time("at", func(p *Postback) *time.Time { return &p.Time }),
	column.Plain("verdict", func(p *Postback) *string { return &p.Verdict }),
	column.Plain("reason", func(p *Postback) *string { return &p.Reason }),
	column.Plain("goal_raw", func(p *Postback) *string { return &p.GoalRaw }),
	column.Plain("goal", func(p *Postback) *string { return &p.Goal }),
	column.Plain("click_id", func(p *Postback) *string { return &p.ClickID }),
	column.Plain("aimp_id", func(p *Postback) *string { return &p.AimpID }),
	column.Plain("order_id", func(p *Postback) *string { return &p.OrderID }),
	column.Plain("network", func(p *Postback) *string { return &p.Network }),
	column.Plain("offer", func(p *Postback) *string { return &p.Offer }),
	column.Plain("partner", func(p *Postback) *string { return &p.Partner }),
	column.Plain("conversion", func(p *Postback) *string { return &p.Conversion }),
	column.Number("payout", func(p *Postback) *money.Amount { return &p.Payout }),
	column.Number("revenue", func(p *Postback) *money.Amount { return &p.Revenue }),
	column.Plain("currency", func(p *Postback) *string { return &p.Currency }),
	column.Plain("config", func(p *Postback) *string { return &p.Config }),
	column.Read("via", func(p *Postback) *Via { return &p.Via }, readVia),
	column.Flag("test", func(p *Postback) *bool { return &p.Test }),
	column.Plain("source_ip", func(p *Postback) *string { return &p.Source }),
	column.Optional("delay_seconds", func(p *Postback) **int64 { return &p.DelaySeconds }),
	column.Flag("click_missing", func(p *Postback) *bool { return &p.ClickDataMissing }),
	column.Read("params", func(p *Postback) *Params { return &p.Params }, readJSON),
	column.Number("http_status", func(p *Postback) *int { return &p.HTTPStatus }),
}

var postbackQuery = "SELECT " + postbackColumns.String() + " FROM postbacks"

func (f *PostbackFilter) conditions(scope Scope) *where {
	w := &where{}
	w.equal("network", scope.Network)
	w.equal("partner", scope.Partner)
	f.Span.conditions(w, "at", "id")
	w.in("verdict", texts(f.Verdicts))
	w.in("via", viaNumbers(f.Vias))
	w.equal("reason", f.Reason)
	w.equal("offer", f.Offer)
	w.fold("goal", f.Goal)
	w.equal("click_id", f.ClickID)
	w.equal("aimp_id", f.AimpID)
	w.equal("order_id", f.OrderID)
	w.equal("conversion", f.Conversion)
	w.equal("source_ip", f.Source)
	if f.Test != nil {
		w.add("test = ?", map[bool]int64{true: 1}[*f.Test])
	}
	if f.ClickID != "" {
		notBefore(w, "id", f.ClickID)
	}
	return w
}

func scanPostback(scan func(...any) error) (p Postback, err error) {
	if err := postbackColumns.Scan(scan, &p); err != nil {
		return p, fmt.Errorf("read postback %s: %w", p.ID, err)
	}
	if p.DelaySeconds != nil {
		*p.DelaySeconds = max(0, *p.DelaySeconds) // the clock of the click's tracker may be ahead
	}
	p.Params = slices.DeleteFunc(p.Params, func(x journal.Param) bool { // the tracker leaves keys out already
		meaning := names.Meaning(x.Name)
		blank := meaning == params.OrderID && p.OrderID == "" && params.IsBlank(meaning, []byte(x.Value))
		p.OrderIDMissing = p.OrderIDMissing || blank
		return meaning == params.Key
	})
	return p, nil
}
