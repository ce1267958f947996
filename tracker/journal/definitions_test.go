package journal

import (
	"fmt"
	"strings"
	"testing"
)

func TestBatchesShareWhatTheyDefineAlike(t *testing.T) {
	var known definitions
	decode := func(offer string) (*Context, *Terms) {
		b, err := decodeBatch(encodeTest(t,
			Entry{Click: &Click{Traffic: Traffic{Context: &Context{Offer: offer}}}},
			Entry{Postback: &Postback{Terms: &Terms{Offer: OfferTerms{Name: offer}}}}), &known)
		if err != nil {
			t.Fatal(err)
		}
		return b.Entries[0].Click.Context, b.Entries[1].Postback.Terms
	}
	c, p := decode("shoes")
	other, otherTerms := decode("hats")
	again, againTerms := decode("shoes")
	if c != again || p != againTerms {
		t.Error("equal definitions of two batches are not shared")
	}
	if c == other || p == otherTerms || other.Offer != "hats" || otherTerms.Offer.Name != "hats" {
		t.Error("different definitions became one")
	}
}

// A definition that does not decode must not be taken for one that does later.
func TestBrokenDefinitionIsRefusedEachTime(t *testing.T) {
	var known definitions
	data := append(encodeTest(t), majorArray|3, itemContext, 1, majorMap|1, 4, 7) // the offer's name is a number
	for range 2 {
		if b, err := decodeBatch(data, &known); err == nil {
			t.Fatalf("got %+v", b)
		}
	}
}

func TestDefinitionsAreForgotten(t *testing.T) {
	var m memo[Context]
	for i := range 100 {
		c := &Context{Offer: fmt.Sprint(i), Network: strings.Repeat("x", memoBytes/10)}
		if got, err := m.decode(appendContext(nil, c, c.Config)); err != nil || got.Offer != c.Offer {
			t.Fatalf("got %+v, %v", got, err)
		}
		if len(m.known) > 10 || m.bytes > memoBytes {
			t.Fatalf("%d definitions of %d bytes are known", len(m.known), m.bytes)
		}
	}
}
