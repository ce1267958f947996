package query

import (
	"context"
	"fmt"
	"strconv"

	"github.com/waypost/waypost/tracker/clickid"
	"github.com/waypost/waypost/tracker/ledger/store"
	"github.com/waypost/waypost/tracker/ledger/store/column"
)

// Conversions lists conversions, newest first.
func (b *Books) Conversions(ctx context.Context, scope Scope, f ConversionFilter, p Page) (List[Conversion], error) {
	w := f.conditions(b, scope)
	if err := p.conditions(w, "c.id"); err != nil {
		return List[Conversion]{}, err
	}
	items, err := b.conversions(ctx, scope, w, p.Limit+1)
	if err != nil {
		return List[Conversion]{}, fmt.Errorf("list conversions: %w", err)
	}
	return page(p, items, func(c *Conversion) string { return c.ID }), nil
}

// Conversion finds one conversion; the error wraps ErrNotFound.
func (b *Books) Conversion(ctx context.Context, scope Scope, id string) (Conversion, error) {
	w := &where{}
	scope.cells(w)
	w.add("c.id = ?", id)
	items, err := b.conversions(ctx, scope, w, 1)
	if err == nil && len(items) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return Conversion{}, fmt.Errorf("conversion %.40q: %w", id, err)
	}
	return items[0], nil
}

func (b *Books) conversions(ctx context.Context, scope Scope, w *where, limit int) ([]Conversion, error) {
	var items []Conversion
	query := fmt.Sprintf(conversionQuery, b.joinLater()) + w.String() + " ORDER BY c.id DESC LIMIT " + strconv.Itoa(limit)
	err := b.each(ctx, b.store.Reader(), query, w.args, func(scan func(...any) error) error {
		c, err := scanConversion(scan, scope)
		items = append(items, c)
		return err
	})
	return items, err
}

// Postbacks lists the server-postback log, newest first. Partners' callers get
// ErrNotForPartners.
func (b *Books) Postbacks(ctx context.Context, scope Scope, f PostbackFilter, p Page) (List[Postback], error) {
	if scope.PartnerOnly {
		return List[Postback]{}, ErrNotForPartners
	}
	w := f.conditions(scope)
	if err := p.conditions(w, "id"); err != nil {
		return List[Postback]{}, err
	}
	var items []Postback
	query := postbackQuery + w.String() + " ORDER BY id DESC LIMIT " + strconv.Itoa(p.Limit+1)
	err := b.each(ctx, b.store.Reader(), query, w.args, func(scan func(...any) error) error {
		x, err := scanPostback(scan)
		items = append(items, x)
		return err
	})
	if err != nil {
		return List[Postback]{}, fmt.Errorf("list postbacks: %w", err)
	}
	return page(p, items, func(x *Postback) string { return x.ID }), nil
}

// Deliveries lists outgoing calls, newest first.
func (b *Books) Deliveries(ctx context.Context, scope Scope, f DeliveryFilter, p Page) (List[Delivery], error) {
	w := f.conditions(scope)
	if err := p.conditions(w, "id"); err != nil {
		return List[Delivery]{}, err
	}
	w.in("state", anys(f.States))
	items, err := b.deliveries(ctx, scope, w, p.Limit+1)
	if err != nil {
		return List[Delivery]{}, fmt.Errorf("list deliveries: %w", err)
	}
	return page(p, items, func(d *Delivery) string { return d.ID }), nil
}

// Delivery finds one delivery; the error wraps ErrNotFound.
func (b *Books) Delivery(ctx context.Context, scope Scope, id string) (Delivery, error) {
	f := DeliveryFilter{}
	w := f.conditions(scope)
	w.add("id = ?", id)
	items, err := b.deliveries(ctx, scope, w, 1)
	if err == nil && len(items) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return Delivery{}, fmt.Errorf("delivery %.40q: %w", id, err)
	}
	return items[0], nil
}

func (b *Books) deliveries(ctx context.Context, scope Scope, w *where, limit int) ([]Delivery, error) {
	var items []Delivery
	query := deliveryQuery + w.String() + " ORDER BY id DESC LIMIT " + strconv.Itoa(limit)
	err := b.each(ctx, b.store.Reader(), query, w.args, func(scan func(...any) error) error {
		d, err := scanDelivery(scan, scope)
		items = append(items, d)
		return err
	})
	return items, err
}

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
	table, columns, filter := "clicks", clickColumns, ConversionFilter{ClickID: id}
	if kind == clickid.Impression {
		table, columns, filter = "impressions", impressionColumns, ConversionFilter{AimpID: id}
	}
	w := &where{}
	scope.cells(w)
	w.add("v.day = ?", at.Unix()/86400)
	w.add("v.id = ?", store.VisitID(id))
	if err := b.scanClick(ctx, scope, table, columns, w, &c); err != nil {
		return c, err
	}
	if err := b.closing(ctx, &c); err != nil {
		return c, err
	}
	list, err := b.Conversions(ctx, scope, filter, Page{Limit: conversionsOfClick})
	c.Conversions = list.Items
	return c, err
}

func (b *Books) scanClick(ctx context.Context, scope Scope, table string, columns column.List[Click], w *where, c *Click) error {
	found := false
	query := fmt.Sprintf(visitQuery, columns, table) + w.String()
	err := b.each(ctx, b.store.Reader(), query, w.args, func(scan func(...any) error) error {
		found = true
		return columns.Scan(scan, c)
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
	query := "SELECT " + closingColumns.String() + " FROM sessions WHERE id = ?"
	return b.each(ctx, b.store.Reader(), query, []any{c.ID}, func(scan func(...any) error) error {
		return closingColumns.Scan(scan, c)
	})
}
