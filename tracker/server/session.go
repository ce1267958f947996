package server

import (
	"slices"

	"github.com/waypost/waypost/tracker/server/params"
	"github.com/waypost/waypost/tracker/token"
)

// open reads an id of a kind; false if it is none of ours.
func (s *Server) open(id []byte, kind token.Kind) (token.ID, bool) {
	opened, err := token.Open(s.keys.Load(), view(id))
	return opened, err == nil && opened.Kind == kind
}

// attributeImpression finds the impression that led to a click: the one that it
// names, else the visitor's last one of this offer and partner. What is no
// impression of them is passed over.
func (v *visit) attributeImpression() {
	v.aimpID = nil
	if id := v.params.Get(params.AimpID); v.sawImpression(id) {
		v.aimpID = id
	} else if id := v.cookie(impressionCookie, v.impressionHash()); v.sawImpression(id) {
		v.aimpID = id
	}
}

// sawImpression reports whether id is an impression of the visit's offer and partner.
func (v *visit) sawImpression(id []byte) bool {
	if len(id) == 0 {
		return false
	}
	opened, ok := v.s.open(id, token.Impression)
	return ok && opened.OfferHash == v.pair.hash && opened.PartnerHash == v.pair.partnerHash
}

// olderHalf returns the names with the smaller times, at least one.
func olderHalf(names []string, times []uint32) []string {
	order := make([]int, len(names))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return int(int64(times[a]) - int64(times[b])) })
	older := make([]string, 0, len(order)/2+1)
	for _, i := range order[:(len(order)+1)/2] {
		older = append(older, names[i])
	}
	return older
}
