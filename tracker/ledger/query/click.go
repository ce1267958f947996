package query

import (
	"slices"
	"time"

	"github.com/waypost/waypost/tracker/ledger/store/column"
)

// Click is what is known of one click, or of one impression where its id is asked for.
type Click struct {
	ID         string    `json:"id"`
	Kind       string    `json:"kind"` // click or impression
	Time       time.Time `json:"time"`
	Network    string    `json:"network"`
	Offer      string    `json:"offer"`
	Partner    string    `json:"partner"`
	Advertiser string    `json:"advertiser,omitempty"` // not for partners
	Currency   string    `json:"currency"`

	Source string `json:"source"`
	Ref    string `json:"ref"` // the partner's own click id
	Subs
	SubOverflow  bool   `json:"subOverflow"`
	ImpressionID string `json:"impressionID"` // the partner's
	AimpID       string `json:"aimpID"`       // ours
	Country      string `json:"country"`
	Device       string `json:"device"`
	OS           string `json:"os"`
	// The visitor's data is "" once it was old enough to be dropped, and for partners.
	IP        string `json:"ip"`
	UserAgent string `json:"userAgent"`
	Referrer  string `json:"referrer"`
	Unique    bool   `json:"unique"` // the visitor's first on this offer of this partner that day

	// ClosedAt is when an end-point conversion closed the session, and ClosedBy
	// that conversion; null and "" while it is open.
	ClosedAt *time.Time `json:"closedAt"`
	ClosedBy string     `json:"closedBy"`
	// Conversions are those of the session, newest first, at most a hundred.
	Conversions []Conversion `json:"conversions"`
}

var impressionColumns = column.List[Click]{
	column.Time("v.at", func(c *Click) *time.Time { return &c.Time }),
	column.Plain("k.network", func(c *Click) *string { return &c.Network }),
	column.Plain("k.offer", func(c *Click) *string { return &c.Offer }),
	column.Plain("k.partner", func(c *Click) *string { return &c.Partner }),
	column.Plain("k.advertiser", func(c *Click) *string { return &c.Advertiser }),
	column.Plain("k.currency", func(c *Click) *string { return &c.Currency }),
	column.Plain("v.source", func(c *Click) *string { return &c.Source }),
	column.Plain("v.ref", func(c *Click) *string { return &c.Ref }),
	column.Read("v.subs", func(c *Click) *Subs { return &c.Subs }, readSubs),
	column.Flag("t.sub_overflow", func(c *Click) *bool { return &c.SubOverflow }),
	column.Plain("v.imp_id", func(c *Click) *string { return &c.ImpressionID }),
	column.Plain("v.country", func(c *Click) *string { return &c.Country }),
	column.Plain("v.device", func(c *Click) *string { return &c.Device }),
	column.Plain("v.os", func(c *Click) *string { return &c.OS }),
	column.Plain("v.ip", func(c *Click) *string { return &c.IP }),
	column.Plain("v.user_agent", func(c *Click) *string { return &c.UserAgent }),
	column.Plain("v.referrer", func(c *Click) *string { return &c.Referrer }),
}

var clickColumns = slices.Concat(impressionColumns, column.List[Click]{
	column.Plain("v.aimp_id", func(c *Click) *string { return &c.AimpID }),
	column.Flag("v.uniq", func(c *Click) *bool { return &c.Unique }),
})

// visitQuery reads columns of a table of visits as v.
const visitQuery = "SELECT %s FROM %s v JOIN cells k ON k.id = v.cell JOIN visit_kinds t ON t.id = v.kind"

const conversionsOfClick = 100

var closingColumns = column.List[Click]{
	column.Read("closed_at", func(c *Click) **time.Time { return &c.ClosedAt }, readTime),
	column.Plain("closed_by", func(c *Click) *string { return &c.ClosedBy }),
}
