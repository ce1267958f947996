package clickid

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/waypost/waypost/api/seal"
)

// counterBits of an id's unique number count, the others are the process's
// random prefix: a process would have to make 16 million ids within one second
// to repeat itself, and two live processes share a prefix with a chance of 2^-40.
const counterBits = 24

// Minter makes ids. It is safe for concurrent use and allocates nothing per id.
type Minter struct {
	prefix  uint64
	counter atomic.Uint64
	keys    atomic.Pointer[mintKeys]
}

// mintKeys is a ring, ready for use.
type mintKeys struct {
	ring *seal.Keyring
	macs [seal.MaxKeys + 1]macKey
}

// NewMinter returns a minter with a random prefix. There is one per process.
func NewMinter(ring *seal.Keyring) (*Minter, error) {
	var random [16]byte
	if _, err := rand.Read(random[:]); err != nil {
		return nil, fmt.Errorf("choosing the prefix of click ids: %w", err)
	}
	m := &Minter{prefix: binary.BigEndian.Uint64(random[:8]) << counterBits}
	m.counter.Store(binary.BigEndian.Uint64(random[8:]))
	m.SetKeyring(ring)
	return m, nil
}

// SetKeyring makes the following ids with a new ring.
func (m *Minter) SetKeyring(ring *seal.Keyring) {
	keys := &mintKeys{ring: ring}
	for _, info := range ring.Keys() {
		keys.macs[info.ID], _ = newMACKey(ring, info.ID)
	}
	m.keys.Store(keys)
}

// AppendClick appends a new click id, Length characters, to dst.
func (m *Minter) AppendClick(dst []byte, now time.Time, offerHash, partnerHash uint64) []byte {
	return m.append(dst, Click, now, offerHash, partnerHash)
}

// AppendImpression appends a new impression id (aimp_id), Length characters, to dst.
func (m *Minter) AppendImpression(dst []byte, now time.Time, offerHash, partnerHash uint64) []byte {
	return m.append(dst, Impression, now, offerHash, partnerHash)
}

// append makes an id of either kind.
func (m *Minter) append(dst []byte, kind Kind, now time.Time, offerHash, partnerHash uint64) []byte {
	keys := m.keys.Load()
	id := ID{
		Kind:        kind,
		KeyID:       keys.ring.Current(now),
		Seconds:     uint32(now.Unix()),
		Unique:      m.unique(),
		OfferHash:   offerHash,
		PartnerHash: partnerHash,
	}
	var raw [Size]byte
	id.encode(&raw)
	binary.BigEndian.PutUint64(raw[offsetMAC:], keys.macs[id.KeyID].mac(&raw))
	return encoding.AppendEncode(dst, raw[:])
}

// unique returns the next unique number of this process.
func (m *Minter) unique() uint64 {
	return m.prefix | m.counter.Add(1)&(1<<counterBits-1)
}
