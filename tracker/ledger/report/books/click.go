package books

import (
	"context"
	"fmt"
	"time"

	"github.com/waypost/waypost/tracker/clickid"
	"github.com/waypost/waypost/tracker/ledger/store"
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

const (
	clickQuery = `SELECT v.at, k.network, k.offer, k.partner, k.advertiser, k.currency, v.source, v.ref, v.subs, t.sub_overflow,
	v.imp_id, v.aimp_id, v.country, v.device, v.os, v.ip, v.user_agent, v.referrer, v.uniq FROM clicks v JOIN cells k ON k.id = v.cell JOIN visit_kinds t ON t.id = v.kind`
	impressionQuery = `SELECT v.at, k.network, k.offer, k.partner, k.advertiser, k.currency, v.source, v.ref, v.subs, t.sub_overflow,
	v.imp_id, '', v.country, v.device, v.os, v.ip, v.user_agent, v.referrer, 0 FROM impressions v JOIN cells k ON k.id = v.cell JOIN visit_kinds t ON t.id = v.kind`
	conversionsOfClick = 100
)

// Click finds a click, or an impression, by its id; the error wraps ErrNotFound.
func (b *Books) Click(ctx context.Context, scope Scope, id string) (Click, error) {
	c, err := b.click(ctx, scope, id)
	if err != nil {
		return Click{}, fmt.Errorf("click %.60q: %w", id, err)
	}
	return c, nil
}

func (b *Books) click(ctx context.Context, scope Scope, id string) (Click, error) {
	kind, at, ok := readID(id)
	if !ok {
		return Click{}, ErrNotFound
	}
	c := Click{ID: id, Kind: kind.String()}
	query, filter := clickQuery, ConversionFilter{ClickID: id}
	if kind == clickid.Impression {
		query, filter = impressionQuery, ConversionFilter{AimpID: id}
	}
	w := &where{}
	scope.cells(w)
	w.add("v.day = ?", at.Unix()/86400)
	w.add("v.id = ?", store.VisitID(id))
	if err := b.scanClick(ctx, scope, query, w, &c); err != nil {
		return c, err
	}
	if err := b.closing(ctx, &c); err != nil {
		return c, err
	}
	list, err := b.Conversions(ctx, scope, filter, Page{Limit: conversionsOfClick})
	c.Conversions = list.Items
	return c, err
}

func (b *Books) scanClick(ctx context.Context, scope Scope, query string, w *where, c *Click) error {
	found := false
	err := b.each(ctx, b.store.Reader(), query+w.String(), w.args, func(scan func(...any) error) error {
		var at, overflow, unique int64
		var subs string
		found = true
		err := scan(&at, &c.Network, &c.Offer, &c.Partner, &c.Advertiser, &c.Currency, &c.Source, &c.Ref, &subs, &overflow,
			&c.ImpressionID, &c.AimpID, &c.Country, &c.Device, &c.OS, &c.IP, &c.UserAgent, &c.Referrer, &unique)
		if err != nil {
			return err
		}
		c.Time, c.SubOverflow, c.Unique = timeOf(at), overflow != 0, unique != 0
		return c.parse(subs)
	})
	if err == nil && !found {
		err = ErrNotFound
	}
	if scope.PartnerOnly {
		c.Advertiser, c.IP, c.UserAgent, c.Referrer = "", "", "", ""
	}
	return err
}

func (b *Books) closing(ctx context.Context, c *Click) error {
	const query = "SELECT closed_at, closed_by FROM sessions WHERE id = ?"
	return b.each(ctx, b.store.Reader(), query, []any{c.ID}, func(scan func(...any) error) error {
		var at int64
		err := scan(&at, &c.ClosedBy)
		c.ClosedAt = timeOrNil(at)
		return err
	})
}
