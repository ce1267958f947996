package seal

import (
	"bytes"
	"encoding/hex"
	"testing"
)

// pinnedRing is a ring whose secret is known, as it never is outside a test.
func pinnedRing(t *testing.T) *Keyring {
	t.Helper()
	ring, err := Parse([]byte(`{"keys":[{"id":5,"notBefore":"2026-11-20T12:00:00Z","secret":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="}]}`))
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

// TestWhatIsInTheWildStaysValid pins everything that was ever sealed: a change
// here would refuse every link and click id that exists. The values come from
// another implementation (Python's hmac and cryptography).
func TestWhatIsInTheWildStaysValid(t *testing.T) {
	ring := pinnedRing(t)
	for p, want := range map[Purpose]string{
		PurposeClickID:   "7ee18e558a08b9c486408e27f19c6039a911ee880256d74fa7d00ae6828e863d",
		PurposeKeyDigest: "f906a50a3e30f0e3c9f469ef4b372bfe9c4086ee8e0f074bf6256bb9706660c9",
		PurposeLink:      "6531f4b10835acd39c4d782c035d52de1109788c841f360e4c0dc99fc489c96b",
		PurposeLinkNonce: "289f60b1f52780e1735544be9e9a1d6488015cea4092ed972a06b777ede78b2b",
		PurposeCookie:    "1f262ae0bd3bc4738d9e8e78e26cc4c35b6afcb0866e0991e71221e42bf7735c",
	} {
		derived, _ := ring.Derived(5, p)
		if got := hex.EncodeToString(derived[:]); got != want {
			t.Errorf("purpose %d is now %s, was %s", p, got, want)
		}
	}
	if got, want := SealLink(ring, "default", "1001", "2"), "BWv-2hjbtQU_2yE2ZfKinEnLx1wdevnZUSYowFzysUMAcRlVmZ44Y7Ka6NA"; got != want {
		t.Errorf("a sealed link is now %s, was %s", got, want)
	}
	digest := DigestKey(ring, "postback-key")[0]
	if want, _ := hex.DecodeString("a44e6ce0227e58f94835605de43caa9733c560ddb9b91717f6e63500487f8fda"); digest.SealingKey != 5 || !bytes.Equal(digest.Digest, want) {
		t.Errorf("a key digest is now %d:%x, was %x", digest.SealingKey, digest.Digest, want)
	}
}
