package clickid

import (
	"testing"

	"github.com/waypost/waypost/api/seal"
)

// pinnedClick is the example of docs/click-id.md.
const pinnedClick = "VWsANkABAgMEBQYHCBESExQVFhcYISIjJCUmJyhICrbzViLpkQ"

// TestTheLayoutNeverChanges opens an id that was made once, by another program
// (SipHash and HKDF in Python), field by field as docs/click-id.md says. If this
// fails, every id in the wild is lost.
func TestTheLayoutNeverChanges(t *testing.T) {
	ring, err := seal.Parse([]byte(`{"keys":[{"id":5,"notBefore":"2026-11-20T12:00:00Z","secret":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="}]}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		text string
		want ID
	}{
		{pinnedClick, ID{Kind: Click, KeyID: 5, Seconds: 1_795_176_000, Unique: 0x0102030405060708, OfferHash: 0x1112131415161718, PartnerHash: 0x2122232425262728}},
		{"lf____8AAAAAAAAAAQAAAAAAAAAA__________-3eOynfUBL7A", ID{Kind: Impression, KeyID: 5, Seconds: 0xffffffff, Unique: 1, OfferHash: 0, PartnerHash: 0xffffffffffffffff}},
	} {
		if got, err := Open(ring, test.text); err != nil || got != test.want {
			t.Errorf("%s is now %+v, %v; was %+v", test.text, got, err, test.want)
		}
	}
}
