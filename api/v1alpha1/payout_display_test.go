package v1alpha1_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/waypost/waypost/api/v1alpha1"
)

func TestPayoutDisplay(t *testing.T) {
	tests := map[string]struct {
		payout *v1alpha1.Payout
		want   string
	}{
		"nothing":       {nil, "0"},
		"no terms":      {&v1alpha1.Payout{Type: v1alpha1.PayoutTypeFlat}, "0"},
		"flat":          {&v1alpha1.Payout{Flat: "1.00"}, "1.00"},
		"percent":       {&v1alpha1.Payout{Percent: "20"}, "20%"},
		"both":          {&v1alpha1.Payout{Flat: "1", Percent: "20"}, "1 + 20%"},
		"structure":     {&v1alpha1.Payout{Structure: "big"}, "0, structure: big"},
		"flat and tier": {&v1alpha1.Payout{Flat: "1", Tiers: []v1alpha1.PayoutTier{{Tier: "gold", Flat: "1.2"}, {Tier: "vip", Percent: "3"}}}, "1, tiers: gold 1.2, vip 3%"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := test.payout.Display(); got != test.want {
				t.Errorf("Display() = %q, want %q", got, test.want)
			}
		})
	}
}

func TestPayoutTermsDisplay(t *testing.T) {
	var none *v1alpha1.PayoutTerms
	if got := none.Display(); got != "0" {
		t.Errorf("Display() of nothing = %q, want 0", got)
	}
	if got := (&v1alpha1.PayoutTerms{Flat: "1", Percent: "2.5"}).Display(); got != "1 + 2.5%" {
		t.Errorf("Display() = %q, want 1 + 2.5%%", got)
	}
}

// TestPayoutDisplayFits: ten tiers with the longest names must still fit into the status field, or the status write fails.
func TestPayoutDisplayFits(t *testing.T) {
	payout := &v1alpha1.Payout{Flat: "1"}
	for range 10 {
		payout.Tiers = append(payout.Tiers, v1alpha1.PayoutTier{Tier: strings.Repeat("ü", 128), Flat: "1"})
	}
	got := payout.Display()
	if len(got) > 512 || !utf8.ValidString(got) || !strings.HasSuffix(got, "...") {
		t.Errorf("Display() has %d bytes, valid %v: %q", len(got), utf8.ValidString(got), got)
	}
}
