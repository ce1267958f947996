package server

import (
	"bytes"

	"github.com/waypost/waypost/api/seal"
	"github.com/waypost/waypost/tracker/journal"
	"github.com/waypost/waypost/tracker/live"
	"github.com/waypost/waypost/tracker/server/params"
)

// pixelTarget is what a conversion pixel says it is for.
type pixelTarget struct {
	// named says that an offer was named; offer is nil if there is no such one.
	named bool
	offer *live.Offer
	// sealed says that offer and goal come from a sealed link; goal is its value.
	sealed bool
	goal   string
}

// servePixel takes a conversion that a visitor's browser reports.
func (v *visit) servePixel() {
	if v.uncounted() {
		v.writePixel("", "")
		return
	}
	via := v.route.via
	if via == viaGoal {
		via = journal.ViaImage // until the goal is known
	}
	r := v.newReport(via)
	r.entry.Country = v.s.o.Countries.Of(v.client)
	r.entry.Device = v.s.devices.Of(v.ctx.Request.Header.UserAgent()).Kind
	r.pixel = v.pixelTarget()
	r.fill()
	r.check()
	v.answer(r)
}

// pixelTarget reads the sealed link if there is a good one, else the plain offer.
// A sealed link of another network, or one that was changed, counts as none:
// where one is required that is refused.
func (v *visit) pixelTarget() pixelTarget {
	if link := v.params.Get(params.Encrypted); len(link) > 0 {
		network, offer, goal, err := seal.OpenLink(v.s.keys.Load(), string(link))
		if err == nil && network == v.network.Name {
			return pixelTarget{named: true, offer: v.network.Offer(offer), sealed: true, goal: goal}
		}
	}
	id := v.params.Get(params.Offer)
	if len(id) == 0 {
		return pixelTarget{}
	}
	return pixelTarget{named: true, offer: v.network.Offer(view(id))}
}

var (
	headerFetchDest = []byte("Sec-Fetch-Dest")
	headerAccept    = []byte("Accept")
)

// writePixel answers with an image, a page for a frame, or TUNE's text; failed is ""
// for success, which may have a reason too.
func (v *visit) writePixel(reason, failed string) {
	switch {
	case v.route.dialect == dialectTUNE && !v.wantsImage():
		writeTUNE(v.ctx, failed)
	case v.route.via == journal.ViaIFrame:
		frame.write(v.ctx)
	default:
		gif.write(v.ctx)
	}
	if reason != "" {
		v.ctx.Response.Header.SetCanonical(headerReason, constant(reason))
	}
}

// wantsImage reports whether an <img> is asking.
func (v *visit) wantsImage() bool {
	h := &v.ctx.Request.Header
	if dest := h.PeekCanonical(headerFetchDest); len(dest) > 0 {
		return string(dest) == "image"
	}
	return bytes.HasPrefix(h.PeekCanonical(headerAccept), []byte("image/"))
}
