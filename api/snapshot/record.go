package snapshot

import "strings"

// Kind is the resource kind that a record was compiled from.
type Kind uint8

// The kinds of records, in the order in which a listing shows them. The numbers
// are part of the wire format and never reused.
const (
	KindNetwork         Kind = 1
	KindAdvertiser      Kind = 2
	KindPartner         Kind = 3
	KindOffer           Kind = 4
	KindGoal            Kind = 5
	KindPartnerPayout   Kind = 6
	KindPayoutStructure Kind = 7
)

// String returns the resource kind's name, for messages.
func (k Kind) String() string {
	switch k {
	case KindNetwork:
		return "Network"
	case KindAdvertiser:
		return "Advertiser"
	case KindPartner:
		return "Partner"
	case KindOffer:
		return "Offer"
	case KindGoal:
		return "Goal"
	case KindPartnerPayout:
		return "PartnerPayout"
	case KindPayoutStructure:
		return "PayoutStructure"
	}
	return "Unknown"
}

// Key identifies a record in a snapshot. ID is the tracking id of offers and
// partners, so that a look-up from a URL finds the shard, and the object name of
// every other kind.
type Key struct {
	Kind    Kind
	Network string
	ID      string
}

// Compare orders keys by network, kind and id; shards are written in this order.
func (k Key) Compare(o Key) int {
	if c := strings.Compare(k.Network, o.Network); c != 0 {
		return c
	}
	if k.Kind != o.Kind {
		return int(k.Kind) - int(o.Kind)
	}
	return strings.Compare(k.ID, o.ID)
}

// Record is the compiled form of one object. Exactly one of the bodies is set,
// the one that Kind names. Records are immutable once made: they are shared
// between the index, the encoder and the disk copy without copying.
type Record struct {
	Kind Kind `cbor:"1,keyasint"`
	// Network is the namespace of the object; one namespace is one network.
	Network string `cbor:"2,keyasint"`
	// Name is the object's name.
	Name string `cbor:"3,keyasint"`
	// Generation is the metadata.generation that this form was compiled from.
	Generation int64 `cbor:"4,keyasint,omitempty"`
	// UID distinguishes a recreated object from the one it replaced.
	UID string `cbor:"5,keyasint,omitempty"`
	// DeletedAt is set on a tombstone (unix seconds): the object is gone, the
	// record stays until the longest look-back has passed, so that click ids in
	// the wild can still be named.
	DeletedAt int64 `cbor:"6,keyasint,omitempty"`

	NetworkBody   *Network         `cbor:"11,keyasint,omitempty"`
	Advertiser    *Advertiser      `cbor:"12,keyasint,omitempty"`
	Partner       *Partner         `cbor:"13,keyasint,omitempty"`
	Offer         *Offer           `cbor:"14,keyasint,omitempty"`
	Goal          *Goal            `cbor:"15,keyasint,omitempty"`
	PartnerPayout *PartnerPayout   `cbor:"16,keyasint,omitempty"`
	Structure     *PayoutStructure `cbor:"17,keyasint,omitempty"`
}

// Key returns where the record is found.
func (r *Record) Key() Key {
	id := r.Name
	switch {
	case r.Offer != nil:
		id = r.Offer.TrackingID
	case r.Partner != nil:
		id = r.Partner.TrackingID
	}
	return Key{Kind: r.Kind, Network: r.Network, ID: id}
}

// Tombstone reports whether the object behind the record has been deleted.
func (r *Record) Tombstone() bool { return r.DeletedAt != 0 }
