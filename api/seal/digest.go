package seal

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"

	"github.com/waypost/waypost/api/snapshot"
)

// DigestKey returns a postback key in the form in which a snapshot carries it:
// one digest under each sealing key of the ring. So a tracker finds one that it
// can check, whichever of the two got a rotated Secret first.
func DigestKey(ring *Keyring, postbackKey string) []snapshot.KeyDigest {
	digests := make([]snapshot.KeyDigest, 0, len(ring.keys))
	for _, k := range ring.keys {
		sum := k.digest(postbackKey)
		digests = append(digests, snapshot.KeyDigest{SealingKey: k.id, Digest: sum[:]})
	}
	return digests
}

// MatchKey reports whether one of the presented keys is one of those that the
// digests stand for. An empty key never matches. How long it takes depends on
// how many keys there are and how long the presented ones are, never on what
// the right ones look like.
func MatchKey(ring *Keyring, digests []snapshot.KeyDigest, presented []string) bool {
	match := 0
	for _, postbackKey := range presented {
		if postbackKey != "" {
			match |= matchOne(ring, digests, postbackKey)
		}
	}
	return match == 1
}

// matchOne compares one presented key with all digests, and returns 1 or 0.
func matchOne(ring *Keyring, digests []snapshot.KeyDigest, postbackKey string) int {
	match := 0
	for _, k := range ring.keys {
		sum := k.digest(postbackKey)
		for i := range digests {
			if digests[i].SealingKey == k.id {
				match |= subtle.ConstantTimeCompare(sum[:], digests[i].Digest)
			}
		}
	}
	return match
}

// digest is HMAC-SHA256 of a postback key under this sealing key. A plain hash of a short
// key could be found by trial by any reader of the snapshot; this one only by a holder of
// the sealing key.
func (k *key) digest(postbackKey string) [sha256.Size]byte {
	mac := hmac.New(sha256.New, k.material().derived[PurposeKeyDigest][:])
	mac.Write([]byte(postbackKey))
	var sum [sha256.Size]byte
	mac.Sum(sum[:0])
	return sum
}
