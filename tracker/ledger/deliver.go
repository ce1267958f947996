package ledger

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"github.com/waypost/waypost/api/macro"
	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/tracker/ledger/fold"
	"github.com/waypost/waypost/tracker/ledger/judge"
	"github.com/waypost/waypost/tracker/ledger/store"
)

// deliver makes the deliveries of a partner's postbacks for one change of a
// conversion. While the journal is folded again it makes none.
func (c *changes) deliver(fires []snapshot.PartnerPostback, n *judge.Conversion, by *fold.Config, visit *judge.Visit) {
	if c.rebuilding() {
		return
	}
	for _, f := range fires {
		transition := len(n.History) - 1
		at := n.History[transition].At
		d := store.Delivery{
			ID:      deliveryID(n.ID, transition, f.Offer, f.Name, at),
			Network: n.Dimensions.Network, Kind: store.KindPostback, Event: n.ID, Transition: transition,
			Name: f.Name, Offer: n.Dimensions.Offer, Partner: n.Dimensions.Partner, Advertiser: n.Dimensions.Advertiser, Goal: n.Dimensions.Goal,
			Status: statusName(n.Status), ClickID: n.ClickID, URL: f.URL, CreatedAt: at, DueAt: min(at, c.stored()),
			Macros: conversionMacros(n, by),
		}
		if visit != nil {
			addClickMacros(d.Macros, visit)
		} else {
			d.NeedsClick = needsClick(f.URL, n)
		}
		c.deliveries = append(c.deliveries, d)
	}
}

// conversionMacros are the values of the macros of partner postbacks that a
// conversion gives, without the empty ones.
func conversionMacros(n *judge.Conversion, by *fold.Config) map[string]string {
	m := make(map[string]string, 24)
	set := func(name macro.Macro, value string) {
		if value != "" {
			m[name.String()] = value
		}
	}
	set(macro.ClickID, n.ClickID)
	set(macro.ConversionID, n.ID)
	set(macro.OrderID, n.OrderID)
	set(macro.OfferID, by.Offer.TrackingID)
	set(macro.OfferName, by.Offer.Title)
	set(macro.OfferRef, by.Offer.Name)
	set(macro.PartnerID, by.Partner.TrackingID)
	set(macro.Goal, n.Dimensions.Goal)
	set(macro.GoalID, cmp.Or(by.Goal.Name, n.Dimensions.Goal)) // the default goal is no object
	set(macro.GoalName, by.Goal.Slug)
	set(macro.GoalRef, by.Goal.RefID)
	set(macro.Payout, n.Payout.String())
	if n.Amount != nil {
		set(macro.Amount, n.Amount.String())
	}
	set(macro.Currency, n.Dimensions.Currency)
	set(macro.Status, statusName(n.Status))
	set(macro.Datetime, time.UnixMicro(n.At).UTC().Format(time.RFC3339))
	set(macro.Timestamp, strconv.FormatInt(floorDiv(n.At, 1_000_000), 10))
	set(macro.PromoCode, n.Extras["promo_code"])
	for i := range 15 {
		set(macro.CustomField1+macro.Macro(i), n.Extras["custom_field"+strconv.Itoa(i+1)])
	}
	set(macro.Source, n.Source)
	set(macro.Ref, n.Ref)
	set(macro.ImpressionID, n.ImpID)
	set(macro.Country, n.Country)
	set(macro.Device, n.Device)
	for i, sub := range n.Subs {
		set(macro.Sub1+macro.Macro(i), sub)
	}
	return m
}

// addClickMacros adds what only the row of the click (or impression) gives.
func addClickMacros(m map[string]string, v *judge.Visit) {
	for name, value := range ClickMacros(v) {
		m[name] = value
	}
}

// ClickMacros are the values of the macros of partner postbacks that a click or an
// impression gives, without the empty ones: what a delivery with NeedsClick lacks.
func ClickMacros(v *judge.Visit) map[string]string {
	m := make(map[string]string, 8)
	set := func(name macro.Macro, value string) {
		if value != "" {
			m[name.String()] = value
		}
	}
	set(macro.Source, v.Source)
	set(macro.Ref, v.Ref)
	set(macro.ImpressionID, v.ImpID)
	set(macro.Country, v.Country)
	set(macro.Device, v.Device)
	set(macro.IP, v.IP)
	for i, sub := range v.Subs {
		set(macro.Sub1+macro.Macro(i), sub)
	}
	return m
}

// needsClick reports whether a partner's URL has macros that only the missing row
// of the click can fill.
func needsClick(url string, n *judge.Conversion) bool {
	if n.ClickID == "" && n.AimpID == "" || !strings.ContainsAny(url, "{#<") {
		return false
	}
	t, err := macro.Parse(url, macro.PartnerPostback)
	if err != nil {
		return false // the courier reports it
	}
	if t.Uses(macro.IP) {
		return true
	}
	if !n.ClickMissing {
		return false // the conversion has kept the others
	}
	for _, used := range t.Macros() {
		_, sub := used.Sub()
		if sub || used == macro.Source || used == macro.Ref || used == macro.ImpressionID || used == macro.Country || used == macro.Device {
			return true
		}
	}
	return false
}

func statusName(s snapshot.ConversionStatus) string {
	switch s {
	case snapshot.StatusApproved:
		return judge.Approved
	case snapshot.StatusPending:
		return judge.Pending
	case snapshot.StatusHold:
		return judge.Hold
	}
	return judge.Rejected
}
