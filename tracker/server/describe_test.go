package server_test

import (
	"fmt"
	"math/bits"
	"strconv"
	"strings"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/tracker/journal"
)

// describe says in words what a journal entry holds, for examples to compare with.
func describe(e journal.Entry) map[string]string {
	switch {
	case e.Click != nil:
		d := describeTraffic(&e.Click.Traffic)
		d["kind"], d["aimp"] = "click", e.Click.AimpID
		return d
	case e.Impression != nil:
		d := describeTraffic(&e.Impression.Traffic)
		d["kind"], d["destination"], d["url"] = "impression", e.Impression.DestinationName, e.Impression.DestinationURL
		return d
	case e.Postback != nil:
		return describePostback(e.Postback)
	}
	return map[string]string{"kind": "none"}
}

func describeTraffic(t *journal.Traffic) map[string]string {
	d := map[string]string{
		"id": t.ID, "at": strconv.FormatInt(t.At, 10), "overflow": strconv.FormatBool(t.SubOverflow),
		"source": t.Source, "ref": t.Ref, "imp": t.ImpID, "ip": t.IP, "ua": t.UserAgent, "referrer": t.Referrer,
		"country": t.Country, "device": t.Device, "os": t.OS,
		"config": t.Context.Config, "network": t.Context.Network, "zone": t.Context.TimeZone,
		"offer": t.Context.Offer, "offerID": t.Context.OfferID, "advertiser": t.Context.Advertiser,
		"partner": t.Context.Partner, "partnerID": t.Context.PartnerID, "currency": t.Context.Currency,
		"payout": t.Context.Payout.String(), "revenue": t.Context.Revenue.String(), "caps": capNames(t.Context.Caps),
	}
	for i, s := range t.Subs {
		d["sub"+strconv.Itoa(i+1)] = s
	}
	return d
}

func describePostback(p *journal.Postback) map[string]string {
	d := map[string]string{
		"kind": "postback", "at": strconv.FormatInt(p.At, 10), "network": p.Network, "config": p.Config,
		"via": [...]string{"server", "image", "iframe", "click"}[p.Via], "ip": p.SourceIP, "ua": p.UserAgent,
		"country": p.Country, "device": p.Device, "status": strconv.Itoa(p.HTTPStatus), "reason": p.Reason,
		"click": p.ClickID, "aimp": p.AimpID, "raw": p.RawClickID, "session": strconv.FormatInt(p.SessionAt, 10),
		"goalRaw": p.GoalRaw, "order": p.OrderID, "orderMissing": strconv.FormatBool(p.OrderIDMissing), "amount": "none", "said": strconv.Itoa(int(p.Status)),
		"currency": p.Currency, "test": strconv.FormatBool(p.Test), "proven": strconv.FormatBool(p.KeyProven),
		"params": rawParams(p.Params), "terms": strconv.FormatBool(p.Terms != nil),
	}
	if p.Amount != nil {
		d["amount"] = p.Amount.String()
	}
	for k, v := range p.Extras {
		d["x."+k] = v
	}
	if p.Terms != nil {
		describeTerms(d, p.Terms)
	}
	return d
}

func describeTerms(d map[string]string, t *journal.Terms) {
	d["offer"], d["partner"], d["advertiser"] = t.Offer.Name, t.Partner.Name, t.Offer.Advertiser
	d["keyRequired"] = strconv.FormatBool(t.Offer.KeyRequired)
	d["offerState"], d["partnerState"] = strconv.Itoa(int(t.Offer.State)), strconv.Itoa(int(t.Partner.State))
	d["goal"], d["goalName"], d["zone"] = t.Goal.Value, t.Goal.Name, t.Offer.TimeZone
	d["caps"], d["offerCurrency"] = capNames(t.Offer.Caps), t.Offer.Currency
	d["clickOnly"], d["multiple"] = strconv.FormatBool(t.Goal.ClickOnly), strconv.FormatBool(t.Goal.Multiple)
	d["own"] = t.Pricing.Payout.Own.Flat.String()
	var names []string
	for _, p := range t.Partner.Postbacks {
		names = append(names, p.Name)
	}
	d["postbacks"] = strings.Join(names, ",")
}

func rawParams(params []journal.Param) string {
	var all []string
	for _, p := range params {
		all = append(all, p.Name+"="+p.Value)
	}
	return strings.Join(all, "&")
}

func capNames(caps []snapshot.Cap) string {
	var names []string
	for _, c := range caps {
		names = append(names, c.Name)
	}
	return strings.Join(names, ",")
}

func clickCookieName(network, offer string) string {
	return fmt.Sprintf("wpc_%016x", snapshot.OfferHash(network, offer))
}

func impressionCookieName(network, offer, partner string) string {
	return fmt.Sprintf("wpi_%016x",
		snapshot.OfferHash(network, offer)^bits.RotateLeft64(snapshot.PartnerHash(network, partner), 1))
}
