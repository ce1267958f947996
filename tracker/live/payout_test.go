package live

import (
	"reflect"
	"testing"

	"github.com/waypost/waypost/api/snapshot"
)

// What an index keeps of overrides is all that they say.
func TestPayoutsSayWhatTheRecordsSay(t *testing.T) {
	flat, percent := &snapshot.PayoutTerms{Flat: 1_400_000}, &snapshot.PayoutTerms{Percent: 2_500_000}
	none := &snapshot.PayoutTerms{} // overrides with nothing, unlike nil
	of := map[string][]snapshot.Override{
		"boots": {{Name: "both", Offer: "boots", Goal: "1", Payout: flat, Revenue: percent}},
		"hats": {
			{Name: "from", Offer: "hats", Goal: "1", Payout: flat, From: 100},
			{Name: "until", Offer: "hats", Goal: "1", Payout: flat, Until: 200},
			{Name: "window", Offer: "hats", Goal: "2", Payout: percent, From: 100, Until: 200},
		},
		"shoes": {
			{Name: "revenue", Offer: "shoes", Goal: "1", Revenue: flat},
			{Name: "zero", Offer: "shoes", Goal: "1", Payout: none},
			{Name: "same", Offer: "shoes", Goal: "2", Revenue: flat},
			{Name: "neither", Offer: "shoes", Goal: "Buy"},
		},
	}
	var all []snapshot.Override
	for _, offer := range []string{"boots", "hats", "shoes"} {
		all = append(all, of[offer]...)
	}
	n := defaultNetwork(t, payoutRecord("deals", "blog", 7, all...), payoutRecord("more", "mail", 0, of["hats"]...))
	for offer, overrides := range of {
		want := payoutRecord("deals", "blog", 7, overrides...)
		if got := n.Payouts("blog", offer); len(got) != 1 || !reflect.DeepEqual(got[0], want) {
			t.Errorf("%s: got %+v, want %+v", offer, got, want.PartnerPayout)
		}
	}
	for _, offer := range []string{"", "a", "bootsy", "zebras"} {
		if got := n.Payouts("blog", offer); got != nil {
			t.Errorf("%q: got %+v", offer, got)
		}
	}
}
