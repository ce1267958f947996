package journal

import (
	"bytes"
	"testing"
)

// A prepared context is written as the one that it was made of, and what is changed
// in a copy before it is prepared again counts.
func TestPreparedContextIsWrittenTheSame(t *testing.T) {
	plain := Context{Network: "default", Offer: "shoes", OfferID: "1001", Partner: "blog", PartnerID: "2002", Currency: "EUR"}
	prepared := plain.Prepared()
	if got, want := appendContext(nil, prepared), appendContext(nil, &plain); !bytes.Equal(got, want) {
		t.Fatalf("prepared %x, plain %x", got, want)
	}
	other := *prepared
	other.Offer = "boots"
	plain.Offer = "boots"
	if got, want := appendContext(nil, other.Prepared()), appendContext(nil, &plain); !bytes.Equal(got, want) {
		t.Fatalf("prepared again %x, plain %x", got, want)
	}
}
