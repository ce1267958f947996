package guard

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"time"
)

const (
	// MinOffers is the least number of removed offers that is held.
	MinOffers = 20
	// Window is how long removals count together: kubectl delete takes its time
	// over many objects, and several revisions go by meanwhile.
	Window = time.Minute
)

// Guard watches the offers of all networks. It is not safe for concurrent use.
// The zero value is ready.
type Guard struct {
	// removed are the offers that lately left the snapshot and have not come
	// back, by network and id, with the time.
	removed map[string]map[string]time.Time
	// held are the networks on hold, with the number of offers that had left
	// before: a hold does not end because time passes.
	held map[string]int
}

// Hold says that a network's changes wait for a confirmation.
type Hold struct {
	// Token confirms this removal, and no other: it names the offers.
	Token string
	// Removed of Offers would be gone, those of the last minute included.
	Removed, Offers int
}

// String says what would happen.
func (h Hold) String() string {
	return fmt.Sprintf("this would remove %d of %d offers of the network", h.Removed, h.Offers)
}

// Judge returns the hold on a revision that takes offers out of a network. live
// is how many of its offers are published now, gone the ids of those that the
// revision would remove, in any order. confirmed are the tokens that people have
// given. held is false when the revision may be published.
func (g *Guard) Judge(network string, live int, gone []string, confirmed []string, now time.Time) (hold Hold, held bool) {
	if len(gone) == 0 {
		delete(g.held, network)
		return Hold{}, false
	}
	lately := g.lately(network, now)
	hold = Hold{Token: token(network, gone), Removed: len(gone) + lately, Offers: live + lately}
	if hold.Removed < MinOffers || 2*hold.Removed <= hold.Offers {
		delete(g.held, network)
		return Hold{}, false
	}
	if slices.Contains(confirmed, hold.Token) {
		return hold, false
	}
	g.Restore(network, lately)
	return hold, true
}

// Restore puts a network on hold as an earlier operator had it: lately is what
// Held said.
func (g *Guard) Restore(network string, lately int) {
	if g.held == nil {
		g.held = map[string]int{}
	}
	g.held[network] = lately
}

// Held returns the networks on hold, each with the number of offers that had
// left before, for the next operator.
func (g *Guard) Held() map[string]int {
	held := make(map[string]int, len(g.held))
	maps.Copy(held, g.held)
	return held
}

// lately returns how many offers left within the window, and forgets older ones.
func (g *Guard) lately(network string, now time.Time) int {
	if before, held := g.held[network]; held {
		return before
	}
	for id, at := range g.removed[network] {
		if now.Sub(at) >= Window {
			delete(g.removed[network], id)
		}
	}
	return len(g.removed[network])
}

// Remembers reports whether the offer left the snapshot lately, so that it counts
// when it comes back.
func (g *Guard) Remembers(network, id string) bool {
	_, removed := g.removed[network][id]
	return removed
}

// Published tells the guard what a published revision did to a network: which
// offers are gone and which came. confirmed says that the removal had been
// confirmed, so that what follows is counted from there.
func (g *Guard) Published(network string, gone, came []string, confirmed bool, now time.Time) {
	delete(g.held, network)
	if confirmed {
		delete(g.removed, network)
		return
	}
	for _, id := range came {
		delete(g.removed[network], id)
	}
	if len(gone) == 0 {
		return
	}
	if g.removed == nil {
		g.removed = map[string]map[string]time.Time{}
	}
	if g.removed[network] == nil {
		g.removed[network] = map[string]time.Time{}
	}
	for _, id := range gone {
		g.removed[network][id] = now
	}
}

// token names the removal of these offers: eight hex digits, the same after a
// restart.
func token(network string, gone []string) string {
	sorted := slices.Sorted(slices.Values(gone))
	hash := sha256.New()
	hash.Write([]byte(network))
	for _, id := range sorted {
		hash.Write([]byte{0})
		hash.Write([]byte(id))
	}
	return hex.EncodeToString(hash.Sum(nil)[:4])
}
