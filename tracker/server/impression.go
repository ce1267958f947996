package server

import (
	"github.com/cespare/xxhash/v2"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/tracker/live"
)

// serveImpression always answers the image; a header says whether the impression
// was recorded, or why not.
func (v *visit) serveImpression() {
	gif.write(v.ctx)
	v.describe()
	if reason := v.traffickers(snapshot.CapImpressions); reason != "" {
		v.passOver(reason)
		return
	}
	p := v.pair
	switch {
	case p.reason != "":
		v.passOver(p.reason)
		return
	case v.capped(p.caps):
		v.passOver(reasonCapReached)
		return
	case v.uncounted():
		v.s.metrics.count(actImpression, outcomeUncounted)
		return
	}
	v.idBuffer = v.s.minter.AppendImpression(v.idBuffer[:0], v.now, v.pair.hash, v.pair.partnerHash)
	v.clickID, v.aimpID = nil, v.idBuffer
	v.ctx.Response.Header.SetCanonical(headerImpression, v.aimpID)
	v.setImpressionCookie()
	v.traffic(&v.impression.Traffic, v.aimpID)
	v.impression.DestinationName, v.impression.DestinationURL = "", ""
	if d := pickDestination(p.destinations, v.aimpID); d != nil {
		v.urlBuffer = d.URL.Append(v.urlBuffer[:0], v)
		v.impression.DestinationName, v.impression.DestinationURL = d.Name, view(v.urlBuffer)
	}
	v.s.o.Journal.Impression(&v.impression)
	v.s.metrics.served[actImpression].Inc()
}

func (v *visit) passOver(reason string) {
	v.ctx.Response.Header.SetCanonical(headerReason, constant(reason))
	v.s.metrics.count(actImpression, reason)
}

// pickDestination picks by weight, the same one for the same impression always:
// its id decides.
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
