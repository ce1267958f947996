package snapshot

import "github.com/cespare/xxhash/v2"

// Shards is the number of shards of a snapshot. It is part of the wire format:
// a manifest with shard indexes beyond it is refused.
const Shards = 256

// ShardOf returns the index, 0 to Shards-1, of the shard that holds the key.
func ShardOf(k Key) int {
	return int(hash(k.Kind.domain(), k.Network, k.ID) % Shards)
}

// OfferHash names an offer inside click ids: 64 bits of (network, tracking id).
// It is part of every id in the wild and never changes; two offers of one
// installation with equal hashes are refused when they are compiled.
func OfferHash(network, trackingID string) uint64 {
	return hash("offer", network, trackingID)
}

// PartnerHash names a partner inside click ids, as OfferHash does an offer.
func PartnerHash(network, trackingID string) uint64 {
	return hash("partner", network, trackingID)
}

// NameHash spreads objects by kind, network and object name, for indexes in
// memory. It shares its domain with ShardOf but is independent of shards of
// offers and partners, whose keys are tracking ids.
func NameHash(kind Kind, network, name string) uint64 {
	return hash(kind.domain(), network, name)
}

// hash is xxhash64 of domain, network and id with a zero byte between them; no
// name contains one, so different triples have different inputs.
func hash(domain, network, id string) uint64 {
	var buffer [128]byte // most triples fit, and then nothing is allocated
	b := append(buffer[:0], domain...)
	b = append(append(b, 0), network...)
	b = append(append(b, 0), id...)
	return xxhash.Sum64(b)
}

// domain separates the hashes of the kinds. The strings are part of the wire format.
func (k Kind) domain() string {
	switch k {
	case KindNetwork:
		return "network"
	case KindAdvertiser:
		return "advertiser"
	case KindPartner:
		return "partner"
	case KindOffer:
		return "offer"
	case KindGoal:
		return "goal"
	case KindPartnerPayout:
		return "partnerpayout"
	case KindPayoutStructure:
		return "payoutstructure"
	}
	return "unknown"
}
