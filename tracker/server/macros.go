package server

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"github.com/waypost/waypost/api/macro"
	"github.com/waypost/waypost/tracker/server/params"
)

// configuredMacros are the macros that the configuration gives a value, the same for all visits
// of a partner to an offer. A decision has them expanded already (macro.Template.Bind).
var configuredMacros = []macro.Macro{macro.OfferID, macro.OfferName, macro.OfferRef, macro.PartnerID, macro.AdvertiserID}

// AppendMacro appends the value of one of configuredMacros (macro.Values).
func (p parties) AppendMacro(dst []byte, m macro.Macro) []byte {
	switch {
	case m == macro.PartnerID && p.partner != nil:
		return append(dst, p.partner.Body.TrackingID...)
	case p.offer == nil:
		return dst
	case m == macro.OfferID:
		return append(dst, p.offer.Body.TrackingID...)
	case m == macro.OfferName:
		return append(dst, p.offer.Body.Title...)
	case m == macro.OfferRef:
		return append(dst, p.offer.Name...)
	case m == macro.AdvertiserID:
		return append(dst, p.offer.Body.Advertiser...)
	}
	return dst
}

// AppendMacro gives the values of macros in offer URLs and impression destinations
// (macro.Values). Foreign values are given as they came; the template encodes them for
// their place. Times are UTC.
func (v *visit) AppendMacro(dst []byte, m macro.Macro) []byte {
	if i, ok := m.Sub(); ok {
		return append(dst, v.request.params.Get(params.Sub1+params.Param(i))...)
	}
	if slices.Contains(configuredMacros, m) {
		return v.parties.AppendMacro(dst, m)
	}
	switch m {
	case macro.ClickID:
		return append(dst, v.clickID...)
	case macro.AimpID:
		return append(dst, v.aimpID...)
	case macro.Timestamp:
		return strconv.AppendInt(dst, v.request.now.Unix(), 10)
	case macro.Date:
		return appendDate(dst, v.request.now)
	case macro.Rand:
		return strconv.AppendUint(dst, rand.Uint64(), 10)
	}
	return v.appendVisitor(dst, m)
}

// appendVisitor gives the values that the request has. They are the visitor's own, and the
// template encodes them for the place where they stand.
func (v *visit) appendVisitor(dst []byte, m macro.Macro) []byte {
	switch m {
	case macro.Source:
		return append(dst, v.request.params.Get(params.Source)...)
	case macro.Ref:
		return append(dst, v.request.params.Get(params.Ref)...)
	case macro.ImpressionID:
		return append(dst, v.request.params.Get(params.ImpID)...)
	case macro.IP:
		return append(dst, v.from.ip...)
	case macro.UserAgent:
		return append(dst, v.from.userAgent...)
	case macro.Referrer:
		return append(dst, v.from.referrer...)
	case macro.Country:
		return append(dst, v.from.country...)
	case macro.Device:
		return append(dst, v.from.device.Kind...)
	case macro.OS:
		return append(dst, v.from.device.OS...)
	}
	return dst
}

// appendDate writes the day as 2026-11-20.
func appendDate(dst []byte, t time.Time) []byte {
	year, month, day := t.UTC().Date()
	dst = appendPadded(dst, year, 4)
	dst = appendPadded(append(dst, '-'), int(month), 2)
	return appendPadded(append(dst, '-'), day, 2)
}

// appendPadded writes a number with zeros before it.
func appendPadded(dst []byte, n, width int) []byte {
	for limit := 10; width > 1; width-- {
		if n < limit {
			dst = append(dst, '0')
		}
		limit *= 10
	}
	return strconv.AppendInt(dst, int64(n), 10)
}
