package compile

import (
	"fmt"
	"strings"
	"testing"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/api/v1alpha1"
)

// TestBoundsAreCheckedAgain: an object that no schema has seen keeps to the bounds
// of the contract, or is not served.
func TestBoundsAreCheckedAgain(t *testing.T) {
	partners := func(n int) (names []string) {
		for i := range n {
			names = append(names, fmt.Sprint("p", i))
		}
		return names
	}
	for name, tc := range map[string]struct {
		kind   snapshot.Kind
		limit  int
		change func(n int, a *v1alpha1.Advertiser, o *v1alpha1.Offer, g *v1alpha1.Goal, p *v1alpha1.Partner, pp *v1alpha1.PartnerPayout)
	}{
		"title": {snapshot.KindAdvertiser, 128, func(n int, a *v1alpha1.Advertiser, _ *v1alpha1.Offer, _ *v1alpha1.Goal, _ *v1alpha1.Partner, _ *v1alpha1.PartnerPayout) {
			a.Spec.Title = strings.Repeat("é", n)
		}},
		"blocked partners": {snapshot.KindAdvertiser, 2000, func(n int, a *v1alpha1.Advertiser, _ *v1alpha1.Offer, _ *v1alpha1.Goal, _ *v1alpha1.Partner, _ *v1alpha1.PartnerPayout) {
			a.Spec.BlockedPartners = partners(n)
		}},
		"approved partners": {snapshot.KindOffer, 2000, func(n int, _ *v1alpha1.Advertiser, o *v1alpha1.Offer, _ *v1alpha1.Goal, _ *v1alpha1.Partner, _ *v1alpha1.PartnerPayout) {
			o.Spec.ApprovedPartners = partners(n)
		}},
		"URL": {snapshot.KindOffer, 2048, func(n int, _ *v1alpha1.Advertiser, o *v1alpha1.Offer, _ *v1alpha1.Goal, _ *v1alpha1.Partner, _ *v1alpha1.PartnerPayout) {
			const begin = "https://shop.example/"
			o.Spec.DestinationURL = v1alpha1.URL(begin + strings.Repeat("x", n-len(begin)))
		}},
		"caps": {snapshot.KindOffer, 20, func(n int, _ *v1alpha1.Advertiser, o *v1alpha1.Offer, _ *v1alpha1.Goal, _ *v1alpha1.Partner, _ *v1alpha1.PartnerPayout) {
			for i := range n {
				o.Spec.Caps = append(o.Spec.Caps, v1alpha1.Cap{Name: fmt.Sprint("c", i), Metric: "Payout", Window: "Day", Limit: "1"})
			}
		}},
		"look-back": {snapshot.KindOffer, 8760, func(n int, _ *v1alpha1.Advertiser, o *v1alpha1.Offer, _ *v1alpha1.Goal, _ *v1alpha1.Partner, _ *v1alpha1.PartnerPayout) {
			o.Spec.Attribution = &v1alpha1.OfferAttribution{ClickLookbackHours: int32(n)}
		}},
		"tiers": {snapshot.KindGoal, 10, func(n int, _ *v1alpha1.Advertiser, _ *v1alpha1.Offer, g *v1alpha1.Goal, _ *v1alpha1.Partner, _ *v1alpha1.PartnerPayout) {
			g.Spec.Payout = &v1alpha1.Payout{}
			for i := range n {
				g.Spec.Payout.Tiers = append(g.Spec.Payout.Tiers, v1alpha1.PayoutTier{Tier: fmt.Sprint("t", i), Flat: "1"})
			}
		}},
		"slug aliases": {snapshot.KindGoal, 10, func(n int, _ *v1alpha1.Advertiser, _ *v1alpha1.Offer, g *v1alpha1.Goal, _ *v1alpha1.Partner, _ *v1alpha1.PartnerPayout) {
			g.Spec.SlugAliases = partners(n)
		}},
		"goal value": {snapshot.KindGoal, 64, func(n int, _ *v1alpha1.Advertiser, _ *v1alpha1.Offer, g *v1alpha1.Goal, _ *v1alpha1.Partner, pp *v1alpha1.PartnerPayout) {
			g.Spec.Value = strings.Repeat("2", n)
		}},
		"postbacks": {snapshot.KindPartner, 20, func(n int, _ *v1alpha1.Advertiser, _ *v1alpha1.Offer, _ *v1alpha1.Goal, p *v1alpha1.Partner, _ *v1alpha1.PartnerPayout) {
			for i := range n {
				p.Spec.Postbacks = append(p.Spec.Postbacks, v1alpha1.PartnerPostback{Name: fmt.Sprint("c", i), URL: "https://b.example/"})
			}
		}},
		"overrides": {snapshot.KindPartnerPayout, 500, func(n int, _ *v1alpha1.Advertiser, _ *v1alpha1.Offer, _ *v1alpha1.Goal, _ *v1alpha1.Partner, pp *v1alpha1.PartnerPayout) {
			pp.Spec.Overrides = nil
			for i := range n {
				pp.Spec.Overrides = append(pp.Spec.Overrides, v1alpha1.PayoutOverride{Name: fmt.Sprint("c", i), Offer: "shoes"})
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			for n, accepted := range map[int]bool{tc.limit: true, tc.limit + 1: false} {
				w := New(testOptions)
				advertiser, offer, goal, partner, payout := shop()
				tc.change(n, advertiser, offer, goal, partner, payout)
				upsert(t, w, advertiser, offer, goal, partner, payout)
				for _, v := range w.Compile(start).Verdicts {
					if v.Kind == tc.kind && v.Accepted.OK() != accepted {
						t.Errorf("with %d: %+v", n, v.Accepted)
					}
				}
			}
		})
	}
}

func TestTextThatIsNoUTF8(t *testing.T) {
	w := New(testOptions)
	advertiser, offer, _, _, _ := shop()
	offer.Spec.Title, offer.Spec.DestinationURL = "\xff", "https://shop.example/\xff"
	upsert(t, w, advertiser, offer)
	w.Compile(start)
	if v := verdict(t, w, snapshot.KindOffer, "shoes"); v.Served || strings.Count(v.Accepted.Message, "UTF-8") != 2 {
		t.Errorf("%+v", v)
	}
}
