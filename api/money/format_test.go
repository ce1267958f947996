package money

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/fxamacker/cbor/v2"
)

func TestAmountString(t *testing.T) {
	for _, test := range []struct {
		amount Amount
		want   string
	}{
		{0, "0.00"},
		{1, "0.000001"},
		{10, "0.00001"},
		{100_000, "0.10"},
		{120_000, "0.12"},
		{123_000, "0.123"},
		{12_500_000, "12.50"},
		{1_400_000, "1.40"},
		{-1, "-0.000001"},
		{-12_500_000, "-12.50"},
		{Max, "9999999999.999999"},
		{math.MaxInt64, "9223372036854.775807"},
		{math.MinInt64, "-9223372036854.775808"},
	} {
		if got := test.amount.String(); got != test.want {
			t.Errorf("%d is %q, want %q", int64(test.amount), got, test.want)
		}
	}
}

func TestPercentString(t *testing.T) {
	for _, test := range []struct {
		percent Percent
		want    string
	}{
		{0, "0"},
		{1, "0.00001"},
		{2_500_000, "25"},
		{750_000, "7.5"},
		{MaxPercent, "1000"},
	} {
		if got := test.percent.String(); got != test.want {
			t.Errorf("%d is %q, want %q", int64(test.percent), got, test.want)
		}
	}
}

func TestJSONIsDecimalText(t *testing.T) {
	type both struct {
		Amount  Amount  `json:"amount"`
		Percent Percent `json:"percent"`
		Absent  *Amount `json:"absent,omitempty"`
	}
	in := both{Amount: 12_500_000, Percent: 750_000}
	data, err := json.Marshal(in)
	if err != nil || string(data) != `{"amount":"12.50","percent":"7.5"}` {
		t.Fatalf("marshalled %s, %v", data, err)
	}
	var out both
	if err := json.Unmarshal(data, &out); err != nil || out != in {
		t.Fatalf("came back as %+v, %v", out, err)
	}
	for _, bad := range []string{`{"amount":12.5}`, `{"amount":"1e3"}`, `{"amount":"--1"}`, `{"amount":"9223372036854.775808"}`, `{"percent":"-1"}`} {
		if err := json.Unmarshal([]byte(bad), &out); err == nil {
			t.Errorf("%s was read as %+v", bad, out)
		}
	}
}

// TestCBORIsInteger guards records and journal entries: the text form is for
// people, the wire has millionths.
func TestCBORIsInteger(t *testing.T) {
	data, err := cbor.Marshal(Amount(12_500_000))
	if want := []byte{0x1a, 0x00, 0xbe, 0xbc, 0x20}; err != nil || string(data) != string(want) {
		t.Errorf("CBOR is % x, %v; want % x", data, err, want)
	}
}

func TestTextRoundTripsForAllOfInt64(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		in := Amount(random.Uint64()) >> random.IntN(64)
		text, err := in.MarshalText()
		var out Amount
		if err != nil || out.UnmarshalText(text) != nil || out != in {
			t.Fatalf("%d became %s became %d", in, text, out)
		}
	}
}

func TestAppendAllocatesNothing(t *testing.T) {
	buffer := make([]byte, 0, 32)
	if n := testing.AllocsPerRun(100, func() { buffer = Max.Append(buffer[:0]) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkAppend(b *testing.B) {
	buffer := make([]byte, 0, 32)
	b.ReportAllocs()
	for b.Loop() {
		buffer = Amount(1_234_560_000).Append(buffer[:0])
	}
}
