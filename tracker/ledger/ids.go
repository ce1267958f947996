package ledger

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"

	"github.com/waypost/waypost/tracker/journal"
)

// crockford is the alphabet of ULIDs: it sorts like the bytes behind it.
var crockford = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)

// timeID is an id of 26 characters that sorts by time: 48 bits of milliseconds and
// 80 bits of a digest. Equal input gives an equal id, so a rebuild does.
func timeID(atMicros int64, digest [sha256.Size]byte) string {
	// 26 characters are 130 bits; as with ULIDs the first two are zero.
	var raw [17]byte
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], uint64(atMicros/1000)<<16)
	copy(b[6:], digest[:10])
	var carry byte
	for i, x := range b {
		raw[i] = carry | x>>2
		carry = x << 6
	}
	raw[16] = carry
	var out [28]byte
	crockford.Encode(out[:], raw[:])
	return string(out[:26])
}

// entryID is the id of what an entry becomes: boot id, sequence and index name the
// entry once and for all.
func entryID(boot journal.BootID, sequence uint64, entry int, atMicros int64) string {
	var b [16 + 8 + 4]byte
	copy(b[:], boot[:])
	binary.BigEndian.PutUint64(b[16:], sequence)
	binary.BigEndian.PutUint32(b[24:], uint32(entry))
	return timeID(atMicros, sha256.Sum256(b[:]))
}

// firstID is what no id of an entry of a UTC day, or of a later one, is below.
func firstID(day int64) string { return timeID(max(day, 0)*dayMicros, [sha256.Size]byte{}) }

// deliveryID is the id of one delivery of one event: the same event, transition, offer
// and name give the same id. It is the Idempotency-Key of all attempts.
func deliveryID(event string, transition int, offer, name string, atMicros int64) string {
	b := binary.BigEndian.AppendUint32([]byte("delivery"), uint32(transition))
	for _, s := range []string{event, offer, name} {
		b = append(binary.AppendUvarint(b, uint64(len(s))), s...)
	}
	return timeID(atMicros, sha256.Sum256(b))
}
