package server

import (
	"bytes"

	"github.com/valyala/fasthttp"

	"github.com/waypost/waypost/api/macro"
	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/tracker/server/params"
)

var (
	headerLocation   = []byte("Location")
	headerCache      = []byte("Cache-Control")
	headerReason     = []byte("Waypost-Reason")
	headerClick      = []byte("Waypost-Click")
	headerImpression = []byte("Waypost-Impression")
	headerSetCookie  = []byte("Set-Cookie")
	headerSecPurpose = []byte("Sec-Purpose")
	headerPurpose    = []byte("Purpose")
	headerMoz        = []byte("X-Moz")

	valueNoStore  = []byte("no-store")
	valuePrefetch = []byte("prefetch")
)

// serveClick redirects a visitor to the offer's destination, or to a fallback.
func (v *visit) serveClick() {
	v.describe()
	if reason := v.traffickers(snapshot.CapClicks); reason != "" {
		v.fallBack(reason)
		return
	}
	p := v.pair
	switch {
	case p.reason != "":
		v.fallBack(p.reason)
		return
	case v.capped(p.caps):
		v.fallBack(reasonCapReached)
		return
	}
	v.attributeImpression()
	v.idBuffer = v.s.minter.AppendClick(v.idBuffer[:0], v.now, v.pair.hash, v.pair.partnerHash)
	v.clickID = v.idBuffer
	location, ok := v.appendDestination(v.urlBuffer[:0])
	v.urlBuffer = location
	if !ok {
		v.clickID = nil
		v.fallBack(reasonOfferInactive)
		return
	}
	v.redirect(location)
	if v.uncounted() {
		v.s.metrics.count(actClick, outcomeUncounted)
		return
	}
	v.ctx.Response.Header.SetCanonical(headerClick, v.clickID)
	v.setClickCookie()
	v.traffic(&v.click.Traffic, v.clickID)
	v.click.AimpID = view(v.aimpID)
	v.s.o.Journal.Click(&v.click)
	v.s.metrics.served[actClick].Inc()
}

// appendDestination appends the URL to redirect to: the deep link if there is
// one that the offer allows, else the offer's destination.
func (v *visit) appendDestination(dst []byte) ([]byte, bool) {
	destination := v.pair.destination
	if destination == nil {
		return dst, false
	}
	if link := v.params.Get(params.Redirect); len(link) > 0 && len(v.offer.Body.DeepLinkHosts) > 0 {
		if t := v.deepLink(link); t != nil {
			return t.AppendWithQuery(dst, v, destination), true
		}
	}
	return destination.Append(dst, v), true
}

// fallBack answers a click that cannot be served: the offer's fallback, then the
// network's, else a page.
func (v *visit) fallBack(reason string) {
	v.ctx.Response.Header.SetCanonical(headerReason, constant(reason))
	v.s.metrics.count(actClick, reason)
	fallback := v.fallback()
	if fallback == nil {
		notServed.write(v.ctx)
		return
	}
	v.urlBuffer = fallback.Append(v.urlBuffer[:0], v)
	v.redirect(v.urlBuffer)
}

func (v *visit) fallback() *macro.Template {
	if v.offer != nil {
		if own := v.offer.Fallback(); own != nil {
			return own
		}
	}
	return v.network.Fallback()
}

func (v *visit) redirect(location []byte) {
	v.ctx.Response.SetStatusCode(fasthttp.StatusFound)
	h := &v.ctx.Response.Header
	h.SetCanonical(headerLocation, location)
	h.SetCanonical(headerCache, valueNoStore)
}

// uncounted reports whether nobody is really visiting: a browser that fetches
// ahead (Sec-Purpose, and what came before it), or a HEAD request.
func (v *visit) uncounted() bool {
	h := &v.ctx.Request.Header
	return h.IsHead() ||
		bytes.Contains(h.PeekCanonical(headerSecPurpose), valuePrefetch) ||
		bytes.Equal(h.PeekCanonical(headerPurpose), valuePrefetch) ||
		bytes.Equal(h.PeekCanonical(headerMoz), valuePrefetch)
}
