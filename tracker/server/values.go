package server

import (
	"math/rand/v2"
	"slices"
	"strconv"

	"github.com/waypost/waypost/api/macro"
	"github.com/waypost/waypost/tracker/server/params"
)

// AppendMacro gives the values of macros in offer URLs and impression
// destinations (macro.Values). Foreign values are given as they came; the
// template encodes them for their place. Times are UTC.
func (v *visit) AppendMacro(dst []byte, m macro.Macro) []byte {
	if i, ok := m.Sub(); ok {
		return append(dst, v.params.Get(params.Sub1+params.Param(i))...)
	}
	if slices.Contains(names, m) {
		return v.appendNames(dst, m)
	}
	switch m {
	case macro.ClickID:
		return append(dst, v.clickID...)
	case macro.AimpID:
		return append(dst, v.aimpID...)
	case macro.Timestamp:
		return strconv.AppendInt(dst, v.now.Unix(), 10)
	case macro.Date:
		return appendDate(dst, v)
	case macro.Rand:
		return strconv.AppendUint(dst, rand.Uint64(), 10)
	}
	return v.appendVisitor(dst, m)
}

// names are the macros that the configuration gives a value, the same for all
// visits of a partner to an offer.
var names = []macro.Macro{macro.OfferID, macro.OfferName, macro.OfferRef, macro.PartnerID, macro.AdvertiserID}

// appendNames gives the values of names.
func (v *visit) appendNames(dst []byte, m macro.Macro) []byte {
	switch {
	case m == macro.PartnerID && v.partner != nil:
		return append(dst, v.partner.Body.TrackingID...)
	case v.offer == nil:
		return dst
	case m == macro.OfferID:
		return append(dst, v.offer.Body.TrackingID...)
	case m == macro.OfferName:
		return append(dst, v.offer.Body.Title...)
	case m == macro.OfferRef:
		return append(dst, v.offer.Name...)
	case m == macro.AdvertiserID:
		return append(dst, v.offer.Body.Advertiser...)
	}
	return dst
}

// appendVisitor gives what the request says.
func (v *visit) appendVisitor(dst []byte, m macro.Macro) []byte {
	switch m {
	case macro.Source:
		return append(dst, v.params.Get(params.Source)...)
	case macro.Ref:
		return append(dst, v.params.Get(params.Ref)...)
	case macro.ImpressionID:
		return append(dst, v.params.Get(params.ImpID)...)
	case macro.IP:
		return append(dst, v.ip...)
	case macro.UserAgent:
		return append(dst, v.userAgent...)
	case macro.Referrer:
		return append(dst, v.referrer...)
	case macro.Country:
		return append(dst, v.country...)
	case macro.Device:
		return append(dst, v.device.Kind...)
	case macro.OS:
		return append(dst, v.device.OS...)
	}
	return dst
}

// appendDate writes the day as 2026-11-20.
func appendDate(dst []byte, v *visit) []byte {
	year, month, day := v.now.UTC().Date()
	dst = appendPadded(dst, year, 4)
	dst = appendPadded(append(dst, '-'), int(month), 2)
	return appendPadded(append(dst, '-'), day, 2)
}

func appendPadded(dst []byte, n, width int) []byte {
	for limit := 10; width > 1; width-- {
		if n < limit {
			dst = append(dst, '0')
		}
		limit *= 10
	}
	return strconv.AppendInt(dst, int64(n), 10)
}
