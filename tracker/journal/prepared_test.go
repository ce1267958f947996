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
	for _, config := range []string{"", "sha256:1", "sha256:2"} {
		if got, want := appendContext(nil, prepared, config), appendContext(nil, &plain, config); !bytes.Equal(got, want) {
			t.Fatalf("prepared %x, plain %x", got, want)
		}
	}
	other := *prepared
	other.Offer = "boots"
	plain.Offer = "boots"
	if got, want := appendContext(nil, other.Prepared(), ""), appendContext(nil, &plain, ""); !bytes.Equal(got, want) {
		t.Fatalf("prepared again %x, plain %x", got, want)
	}
}

// One context serves many configurations, also within a batch, where each entry is
// read with the one that it was written in.
func TestAContextIsReadInTheConfigurationOfItsEntry(t *testing.T) {
	shoes, boots := Context{Offer: "shoes"}.Prepared(), &Context{Offer: "boots", Config: "own"}
	var entries []Entry
	var want []string
	for _, e := range []struct {
		context *Context
		config  string
		want    string
	}{
		{shoes, "one", "shoes one"}, {boots, "", "boots own"}, {shoes, "one", "shoes one"},
		{shoes, "two", "shoes two"}, {boots, "two", "boots two"}, {shoes, "two", "shoes two"}, {shoes, "one", "shoes one"},
	} {
		entries = append(entries, Entry{Click: &Click{Traffic: Traffic{Context: e.context, Config: e.config}}})
		want = append(want, e.want)
	}
	for i, e := range decodeTest(t, encodeTest(t, entries...)).Entries {
		if got := e.Click.Context.Offer + " " + e.Click.Context.Config; got != want[i] {
			t.Errorf("entry %d has %q, want %q", i, got, want[i])
		}
	}
}
