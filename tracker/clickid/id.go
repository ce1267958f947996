package clickid

import "time"

// Kind keeps a click id from passing as an impression id.
type Kind uint8

// The kinds. 0 is never used, so that no id begins with a zero byte.
const (
	Click      Kind = 1
	Impression Kind = 2
)

// String returns the kind's name, for messages.
func (k Kind) String() string {
	switch k {
	case Click:
		return "click"
	case Impression:
		return "impression"
	}
	return "unknown"
}

// ID is the content of an id.
type ID struct {
	Kind Kind
	// KeyID is the sealing key that the id was made with.
	KeyID uint8
	// Seconds is when the click or the impression happened, since 1970. It may lie
	// ahead of the reader's clock; how far is tolerable is the caller's decision.
	Seconds uint32
	// Unique differs between any two ids of an installation with equal Seconds.
	Unique uint64
	// OfferHash and PartnerHash are snapshot.OfferHash and snapshot.PartnerHash
	// of network and tracking id, so an id of another network names nothing here.
	OfferHash   uint64
	PartnerHash uint64
}

// Time returns Seconds as a time in UTC.
func (id ID) Time() time.Time { return time.Unix(int64(id.Seconds), 0).UTC() }
