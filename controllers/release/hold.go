package release

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"time"
)

const (
	// minOffers is the least number of removed offers that is held.
	minOffers = 20
	// lately is how long removals count together: kubectl delete takes its time
	// over many objects, and several revisions go by meanwhile.
	lately = time.Minute
)

// network is what a hold on the changes of one network depends on.
type network struct {
	// tokens are the confirmations on its Networks, by their names. A network has
	// one Network, or none, or for a while several.
	tokens map[string][]string
	// removed are the offers that lately left the snapshot and have not come back,
	// by id, with the time.
	removed map[string]time.Time
	// held is set while its changes are held, before is how many offers had left
	// when that began: a hold does not end because time passes.
	held   bool
	before int
	// hold is the removal that waits for a confirmation, zero while none was judged.
	hold hold
}

// hold is a removal that waits for a confirmation.
type hold struct {
	// token confirms this removal, and no other: it names the offers.
	token string
	// removed of offers would be gone, those of the last minute included.
	removed, offers int
}

// removal is what a publication does to the offers of one network, by their ids.
type removal struct {
	gone, came []string
	confirmed  bool
}

// judge holds a removal that takes more than half of a network's offers, and at
// least twenty, out of it, unless one of the tokens confirms it. live is how many
// of its offers are published. It reports whether the network is held.
func (n *network) judge(name string, live int, r *removal, tokens []string, now time.Time) bool {
	before := n.lately(now)
	h := hold{token: token(name, r.gone), removed: len(r.gone) + before, offers: live + before}
	n.held, n.hold = len(r.gone) > 0 && h.removed >= minOffers && 2*h.removed > h.offers, hold{}
	if !n.held {
		return false
	}
	if slices.Contains(tokens, h.token) {
		n.held, r.confirmed = false, true
		return false
	}
	n.before, n.hold = before, h
	return true
}

// lately returns how many offers left within the last minute, and forgets older
// ones. While the network is held it is the number at the beginning of the hold.
func (n *network) lately(now time.Time) int {
	if n.held {
		return n.before
	}
	maps.DeleteFunc(n.removed, func(_ string, at time.Time) bool { return now.Sub(at) >= lately })
	return len(n.removed)
}

// published notes what a published revision did to the network. After a
// confirmed removal counting begins anew.
func (n *network) published(r *removal, now time.Time) {
	n.held, n.hold = false, hold{}
	if r.confirmed {
		n.removed = nil
		return
	}
	for _, id := range r.came {
		delete(n.removed, id)
	}
	if n.removed == nil {
		n.removed = map[string]time.Time{}
	}
	for _, id := range r.gone {
		n.removed[id] = now
	}
}

// first returns the name of the network's Network, the first by name of several,
// "" while it has none.
func (n *network) first() (name string) {
	for other := range n.tokens {
		if name == "" || other < name {
			name = other
		}
	}
	return name
}

// token names the removal of these offers: eight hex digits, the same after a
// restart.
func token(network string, gone []string) string {
	hash := sha256.New()
	hash.Write([]byte(network))
	for _, id := range slices.Sorted(slices.Values(gone)) {
		hash.Write([]byte{0})
		hash.Write([]byte(id))
	}
	return hex.EncodeToString(hash.Sum(nil)[:4])
}

// String returns what the removal would do.
func (h hold) String() string {
	return fmt.Sprintf("this would remove %d of %d offers of the network", h.removed, h.offers)
}
