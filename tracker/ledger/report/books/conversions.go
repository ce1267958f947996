package books

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/waypost/waypost/tracker/ledger/judge"
)

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
	// A conversion comes after its click, whose id tells when that was.
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
