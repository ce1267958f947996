package server

import (
	"github.com/cespare/xxhash/v2"

	"github.com/waypost/waypost/api/macro"
	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/tracker/clickid"
	"github.com/waypost/waypost/tracker/journal"
	"github.com/waypost/waypost/tracker/live"
	"github.com/waypost/waypost/tracker/server/params"
	"github.com/waypost/waypost/tracker/server/visitor"
)

// visit is a click or an impression. It lies in the pool together with its request and
// with all memory that its answer and its journal entry need, so that a click allocates
// nothing. Its slices alias the request or its buffers.
type visit struct {
	request request

	// parties are known as far as the request names them, also where the visit is refused.
	parties
	decision *decision
	clickID  []byte
	aimpID   []byte
	from     origin

	click      journal.Click
	impression journal.Impression
	buffers    struct{ id, ip, url, names []byte }
}

// origin is what is known of the visitor from the request alone.
type origin struct {
	userAgent, referrer, ip []byte
	country                 string
	device                  visitor.Device
}

var (
	headerClick      = []byte("Waypost-Click")
	headerImpression = []byte("Waypost-Impression")
)

// act answers an admitted request.
func (v *visit) act() {
	switch v.request.route.action {
	case actClick:
		v.serveClick()
	case actImpression:
		v.serveImpression()
	case actPostback:
		v.request.servePostback()
	default:
		v.request.servePixel()
	}
}

// end lets go of the request, and of the index that it was answered from.
func (v *visit) end() {
	v.request.end()
	v.parties, v.decision, v.from = parties{}, nil, origin{}
	v.clickID, v.aimpID = nil, nil
}

// serveClick redirects a visitor to the offer's destination, or to a fallback. A prefetch
// and a HEAD request get the same redirect, and neither cookie nor entry.
func (v *visit) serveClick() {
	r := &v.request
	v.describe()
	if reason := v.refused(snapshot.CapClicks); reason != "" {
		v.fallBack(reason)
		return
	}
	d := v.decision
	v.attributeImpression()
	v.buffers.id = r.server.minter.AppendClick(v.buffers.id[:0], r.now, d.hash, d.partnerHash)
	v.clickID = v.buffers.id
	location, ok := v.appendDestination(v.buffers.url[:0])
	v.buffers.url = location
	if !ok {
		v.clickID = nil
		v.fallBack(reasonOfferInactive)
		return
	}
	r.redirect(location)
	if r.uncounted() {
		r.server.metrics.count(actClick, outcomeUncounted)
		return
	}
	r.ctx.Response.Header.SetCanonical(headerClick, v.clickID)
	r.setCookie(clickCookie, d.hash, v.clickID, d.hours) // for the pixels of the offer
	v.traffic(&v.click.Traffic, v.clickID)
	v.click.AimpID = view(v.aimpID)
	r.server.options.Journal.Click(&v.click)
	r.server.metrics.served[actClick].Inc()
}

// serveImpression always answers the image; a header has the id of a recorded
// impression, or the reason why there is none.
func (v *visit) serveImpression() {
	r := &v.request
	gif.write(r.ctx)
	v.describe()
	if reason := v.refused(snapshot.CapImpressions); reason != "" {
		r.ctx.Response.Header.SetCanonical(headerReason, constant(reason))
		r.server.metrics.count(actImpression, reason)
		return
	}
	if r.uncounted() {
		r.server.metrics.count(actImpression, outcomeUncounted)
		return
	}
	d := v.decision
	v.buffers.id = r.server.minter.AppendImpression(v.buffers.id[:0], r.now, d.hash, d.partnerHash)
	v.clickID, v.aimpID = nil, v.buffers.id
	r.ctx.Response.Header.SetCanonical(headerImpression, v.aimpID)
	r.setCookie(impressionCookie, d.impressionHash(), v.aimpID, d.hours) // for a later click
	v.traffic(&v.impression.Traffic, v.aimpID)
	v.impression.DestinationName, v.impression.DestinationURL = "", ""
	if to := pickDestination(d.destinations, v.aimpID); to != nil {
		v.buffers.url = to.URL.Append(v.buffers.url[:0], v)
		v.impression.DestinationName, v.impression.DestinationURL = to.Name, view(v.buffers.url)
	}
	r.server.options.Journal.Impression(&v.impression)
	r.server.metrics.served[actImpression].Inc()
}

// describe fills in the origin. It is for macros and reports: nothing is refused for it,
// so a header that is too long is cut and one that is missing stays empty.
func (v *visit) describe() {
	r := &v.request
	h := &r.ctx.Request.Header
	v.from.userAgent = clip(h.UserAgent(), maxUserAgent)
	v.from.referrer = clip(h.Referer(), maxReferrer)
	v.from.device = r.server.devices.Of(v.from.userAgent)
	v.from.country = r.server.options.Countries.Of(r.client)
	v.buffers.ip = r.client.AppendTo(v.buffers.ip[:0])
	v.from.ip = v.buffers.ip
}

// refused finds offer, partner and decision, and returns why the visit is not served, ""
// if it is.
func (v *visit) refused(event snapshot.CapMetric) (reason string) {
	if reason := v.findOfferAndPartner(event); reason != "" {
		return reason
	}
	if v.decision.reason == "" && capped(v.decision.caps, v.request.server.options.Caps, v.request.now) {
		return reasonCapReached
	}
	return v.decision.reason
}

// attributeImpression finds the impression that led to a click: the one that the link
// names, else the visitor's last one of this offer and partner. An id of anything else is
// passed over.
func (v *visit) attributeImpression() {
	v.aimpID = nil
	if id := v.request.params.Get(params.AimpID); v.sawImpression(id) {
		v.aimpID = id
	} else if id := v.request.cookie(impressionCookie, v.decision.impressionHash()); v.sawImpression(id) {
		v.aimpID = id
	}
}

// sawImpression reports whether id is an impression of the visit's offer and partner.
func (v *visit) sawImpression(id []byte) bool {
	if len(id) == 0 {
		return false
	}
	opened, ok := v.request.server.open(id, clickid.Impression)
	return ok && opened.OfferHash == v.decision.hash && opened.PartnerHash == v.decision.partnerHash
}

// appendDestination appends the URL to redirect to: the deep link if there is one that
// the offer allows, else the offer's destination. It reports false if there is none.
func (v *visit) appendDestination(dst []byte) ([]byte, bool) {
	destination := v.decision.destination
	if destination == nil {
		return dst, false
	}
	if link := v.request.params.Get(params.Redirect); len(link) > 0 && len(v.offer.Body.DeepLinkHosts) > 0 {
		if t := v.deepLink(link); t != nil {
			return t.AppendWithQuery(dst, v, destination), true
		}
	}
	return destination.Append(dst, v), true
}

// fallBack answers a click that is not served: with the offer's fallback, then the
// network's, else with a page.
func (v *visit) fallBack(reason string) {
	r := &v.request
	r.ctx.Response.Header.SetCanonical(headerReason, constant(reason))
	r.server.metrics.count(actClick, reason)
	fallback := v.fallback()
	if fallback == nil {
		notServed.write(r.ctx)
		return
	}
	v.buffers.url = fallback.Append(v.buffers.url[:0], v)
	r.redirect(v.buffers.url)
}

// fallback is the offer's own, else the network's, nil if there is neither. An unknown
// offer has the network's alone.
func (v *visit) fallback() *macro.Template {
	if v.offer != nil && v.offer.Fallback() != nil {
		return v.offer.Fallback()
	}
	return v.request.network.Fallback()
}

// traffic fills in what the journal keeps of a click or an impression, without a copy:
// the journal has encoded it before the visit is used again.
func (v *visit) traffic(t *journal.Traffic, id []byte) {
	p := &v.request.params
	t.ID, t.At, t.Context, t.Config = view(id), v.request.now.UnixMicro(), v.decision.context, v.request.index.Digest
	t.SubOverflow = p.Overflow
	t.Source = text(p.Get(params.Source))
	t.Ref = text(p.Get(params.Ref))
	t.ImpID = text(p.Get(params.ImpID))
	t.IP, t.UserAgent, t.Referrer = view(v.from.ip), text(v.from.userAgent), text(v.from.referrer)
	t.Country, t.Device, t.OS = v.from.country, v.from.device.Kind, v.from.device.OS
	for i := range t.Subs {
		t.Subs[i] = text(p.Get(params.Sub1 + params.Param(i)))
	}
}

// pickDestination picks by weight. The id of the impression decides, so the same
// impression always gets the same destination.
func pickDestination(destinations []live.Destination, aimpID []byte) *live.Destination {
	total := uint64(0)
	for i := range destinations {
		total += uint64(destinations[i].Weight)
	}
	if total == 0 {
		return nil
	}
	at := xxhash.Sum64(aimpID) % total
	for i := range destinations {
		weight := uint64(destinations[i].Weight)
		if at < weight {
			return &destinations[i]
		}
		at -= weight
	}
	return nil
}
