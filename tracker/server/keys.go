package server

import (
	"github.com/waypost/waypost/api/seal"
	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/tracker/journal"
)

// keysProven: each level that has a key (network, advertiser, offer) finds one of
// its own among the presented. Pixels carry none: what a page shows is no secret.
func (r *report) keysProven() bool {
	if r.entry.Via != journal.ViaServer {
		return true
	}
	presented := make([]string, 0, len(r.v.params.Keys))
	for _, k := range r.v.params.Keys {
		presented = append(presented, string(k))
	}
	required, proven := false, true
	for _, level := range r.keyLevels() {
		if level.required {
			required = true
			// Every level is looked at, so that time does not tell which one failed.
			proven = seal.MatchKey(r.v.s.keys.Load(), level.keys, presented) && proven
		}
	}
	r.entry.KeyProven = required && proven
	return proven
}

type keyLevel struct {
	required bool
	keys     []snapshot.KeyDigest
}

func (r *report) keyLevels() []keyLevel {
	network, offer := r.v.network.Body, r.offer.Body
	levels := []keyLevel{{network.KeyRequired, network.Keys}, {offer.KeyRequired, offer.Keys}}
	if r.advertiser != nil {
		levels = append(levels, keyLevel{r.advertiser.Body.KeyRequired, r.advertiser.Body.Keys})
	}
	return levels
}

// keyRequired reports whether any level has a key.
func (r *report) keyRequired() bool {
	for _, level := range r.keyLevels() {
		if level.required {
			return true
		}
	}
	return false
}

// sourceAllowed: the caller's address is one of the advertiser's, if it lists any.
func (r *report) sourceAllowed() bool {
	if r.entry.Via != journal.ViaServer || r.advertiser == nil || len(r.advertiser.Prefixes) == 0 {
		return true
	}
	for _, prefix := range r.advertiser.Prefixes {
		if prefix.Contains(r.v.client) {
			return true
		}
	}
	return false
}
