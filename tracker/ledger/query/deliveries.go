package query

import (
	"fmt"
	"slices"
	"time"

	"github.com/waypost/waypost/tracker/ledger/delivery"
	"github.com/waypost/waypost/tracker/ledger/store"
	"github.com/waypost/waypost/tracker/ledger/store/column"
)

// DeliveryKind is whose URL is called.
type DeliveryKind string

// The kinds.
const (
	PostbackDelivery   DeliveryKind = store.KindPostback   // a partner's
	ImpressionDelivery DeliveryKind = store.KindImpression // an advertiser's
)

// Delivery is one outgoing call.
type Delivery struct {
	ID    string         `json:"id"`
	Time  time.Time      `json:"time"`
	Kind  DeliveryKind   `json:"kind"`
	State delivery.State `json:"state"`
	// Attempts is how many calls were made since it was last queued.
	Attempts   int64  `json:"attempts"`
	Network    string `json:"network"`
	Partner    string `json:"partner"`
	Offer      string `json:"offer"`
	Advertiser string `json:"advertiser,omitempty"` // not for partners
	Goal       string `json:"goal"`
	// Status is that of the conversion when this was called for; "" for impressions.
	Status Status `json:"status"`
	// Event is the id of the conversion or of the impression.
	Event string `json:"event"`
	Name  string `json:"name"` // of the partner's postback or the offer's destination
	URL   string `json:"url"`  // as configured, with its macros
	// CalledURL is URL with the macros' values, as it is called; "" while values of
	// the click are waited for.
	CalledURL string `json:"calledURL"`
	// NextAt is when the next attempt is due; null unless State is pending.
	NextAt *time.Time `json:"nextAt"`
	// TriedAt is when the last attempt ended; null before the first.
	TriedAt    *time.Time `json:"triedAt"`
	HTTPStatus int        `json:"httpStatus"` // of the last answer, 0 if none came
	Error      string     `json:"error"`
	Response   string     `json:"response"` // its first bytes
}

// DeliveryStates are all states of deliveries.
var DeliveryStates = [...]delivery.State{delivery.Waiting, delivery.Delivered, delivery.Parked, delivery.Suspended}

// DeliveryFilter selects deliveries. Empty fields select everything.
type DeliveryFilter struct {
	Span
	States            []delivery.State
	Kinds             []DeliveryKind
	Offer, Goal, Name string
	Event             string
}

// deliveryRow is what an answer does not show, with what it shows.
type deliveryRow struct {
	Delivery
	macros     map[string]string
	needsClick bool
}

var deliveryColumns = column.List[deliveryRow]{
	column.Plain("id", func(d *deliveryRow) *string { return &d.ID }),
	column.Time("created_at", func(d *deliveryRow) *time.Time { return &d.Time }),
	column.Plain("kind", func(d *deliveryRow) *DeliveryKind { return &d.Kind }),
	column.Value("state", func(d *deliveryRow) *delivery.State { return &d.State }),
	column.Number("attempts", func(d *deliveryRow) *int64 { return &d.Attempts }),
	column.Plain("network", func(d *deliveryRow) *string { return &d.Network }),
	column.Plain("partner", func(d *deliveryRow) *string { return &d.Partner }),
	column.Plain("offer", func(d *deliveryRow) *string { return &d.Offer }),
	column.Plain("advertiser", func(d *deliveryRow) *string { return &d.Advertiser }),
	column.Plain("goal", func(d *deliveryRow) *string { return &d.Goal }),
	column.Plain("lower(status)", func(d *deliveryRow) *Status { return &d.Status }),
	column.Plain("event", func(d *deliveryRow) *string { return &d.Event }),
	column.Plain("name", func(d *deliveryRow) *string { return &d.Name }),
	column.Plain("url", func(d *deliveryRow) *string { return &d.URL }),
	column.Object("macros", func(d *deliveryRow) *map[string]string { return &d.macros }),
	column.Flag("needs_click", func(d *deliveryRow) *bool { return &d.needsClick }),
	column.Read("due_at", func(d *deliveryRow) **time.Time { return &d.NextAt }, readTime),
	column.Read("tried_at", func(d *deliveryRow) **time.Time { return &d.TriedAt }, readTime),
	column.Number("http_status", func(d *deliveryRow) *int { return &d.HTTPStatus }),
	column.Plain("error", func(d *deliveryRow) *string { return &d.Error }),
	column.Plain("response", func(d *deliveryRow) *string { return &d.Response }),
}

var deliveryQuery = "SELECT " + deliveryColumns.String() + " FROM deliveries"

func (f *DeliveryFilter) conditions(scope Scope) *where {
	w := &where{}
	w.equal("network", scope.Network)
	w.equal("partner", scope.Partner)
	f.Span.conditions(w, "created_at", "id")
	kinds := f.Kinds
	if scope.PartnerOnly {
		// Impressions are delivered to the advertiser.
		kinds = []DeliveryKind{PostbackDelivery}
		if len(f.Kinds) > 0 && !slices.Contains(f.Kinds, PostbackDelivery) {
			w.add("1 = 0")
		}
	}
	w.in("kind", texts(kinds))
	w.equal("offer", f.Offer)
	w.fold("goal", f.Goal)
	w.equal("name", f.Name)
	w.equal("event", f.Event)
	return w
}

func scanDelivery(scan func(...any) error, scope Scope) (Delivery, error) {
	var d deliveryRow
	if err := deliveryColumns.Scan(scan, &d); err != nil {
		return d.Delivery, fmt.Errorf("read delivery %s: %w", d.ID, err)
	}
	if d.State != delivery.Waiting {
		d.NextAt = nil
	}
	if scope.PartnerOnly {
		d.Advertiser = ""
	}
	if !d.needsClick {
		// One whose macros do not parse was never called, and its own error names it.
		d.CalledURL, _ = store.CalledURL(string(d.Kind), d.URL, d.macros)
	}
	return d.Delivery, nil
}
