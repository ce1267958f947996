package live

import (
	"hash/maphash"
	"time"

	"github.com/waypost/waypost/api/snapshot"
)

// Index is everything that one revision holds, ready for look-up. It is immutable:
// a request takes it once and has one configuration to its end. The next index
// shares all that did not change.
type Index struct {
	// Revision and Digest are the manifest's; 0 and "" before the first snapshot.
	Revision int64
	Digest   string
	// Pinned is the revision whose content is served instead of the configuration
	// after a rollback; 0 when there is no pin.
	Pinned int64
	// LoadedAt is when the index was built.
	LoadedAt time.Time

	networks []Network
	byName   map[string]int // in networks
	hosts    map[string]int // in networks, by tracking domain in lower case
	hostless int            // the network that serves every other host, or -1
	tables   *tables

	records []*network // all Network records
	shards  [snapshot.Shards]shard
	counts  Counts
	seed    maphash.Seed // of the sums in shards
	builds  uint64       // grows with every build
	// changed has, by place, the build in which an offer, a partner or an advertiser
	// with a hash of this place last changed.
	changed [snapshot.Shards]uint64
}

// Counts are the numbers of records of each kind in an index.
type Counts [snapshot.KindPayoutStructure + 1]int

// Empty returns the index of before the first snapshot: it has no network.
func Empty() *Index {
	return &Index{hostless: -1, tables: &tables{}, seed: maphash.MakeSeed()}
}

// NetworkByHost returns the network that a request with this Host header is for:
// the one that claims the host as a tracking domain, else the one without
// domains, else nil. Port, letter case and a final dot are ignored. Of two
// networks that claim a host, or have no domains, the older one is served, of
// one age the one with the smaller name.
func (x *Index) NetworkByHost(host string) *Network {
	var buffer [maxHostLength]byte
	if name, ok := canonicalHost(buffer[:0], host); ok {
		if i, ok := x.hosts[string(name)]; ok {
			return &x.networks[i]
		}
	}
	if x.hostless < 0 {
		return nil
	}
	return &x.networks[x.hostless]
}

// NetworkByName returns the network of this namespace, or nil.
func (x *Index) NetworkByName(name string) *Network {
	i, ok := x.byName[name]
	if !ok {
		return nil
	}
	return &x.networks[i]
}

// Networks returns all networks by name.
func (x *Index) Networks() []*Network {
	all := make([]*Network, len(x.networks))
	for i := range x.networks {
		all[i] = &x.networks[i]
	}
	return all
}

// Counts returns how many records of each kind the index holds.
func (x *Index) Counts() Counts { return x.counts }

// Build numbers the index among those that have been made of each other.
func (x *Index) Build() uint64 { return x.builds }

// Follows reports whether x was made of before, or of one that was: then Changed covers
// what has changed since.
func (x *Index) Follows(before *Index) bool {
	return before != nil && x.seed == before.seed && x.builds > before.builds
}

// Changed returns the Build in which an offer, a partner or an advertiser with one of
// these hashes (Offer.Hash, Partner.Hash, AdvertiserHash) last came, went or
// changed, goals of the offer included. Hashes share places, so it may be a later one:
// what is certain is that nothing has changed since.
func (x *Index) Changed(hashes ...uint64) uint64 {
	last := uint64(0)
	for _, hash := range hashes {
		last = max(last, x.changed[hash%snapshot.Shards])
	}
	return last
}

// AdvertiserHash is the hash of the advertiser with this object name.
func AdvertiserHash(network, name string) uint64 {
	return snapshot.NameHash(snapshot.KindAdvertiser, network, name)
}

// total returns the number of records of all kinds.
func (c Counts) total() int {
	n := 0
	for _, kind := range c {
		n += kind
	}
	return n
}
