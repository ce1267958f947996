package main

import (
	"context"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/waypost/waypost/api/v1alpha1"
)

// perPayout is how many overrides one PartnerPayout holds, the most that it may.
const perPayout = 500

// fill makes a network of so many offers, with so many custom payouts of each,
// and returns how many records that makes: one for each object. Payouts are spread over
// as few PartnerPayouts as can hold them, each of a partner of its own.
func (c *cluster) fill(ctx context.Context, p place, offers, overrides int) (records int, err error) {
	say("making %d offers with %d custom payouts", offers, offers*overrides)
	start := time.Now()
	objects := []client.Object{
		&v1alpha1.Network{ObjectMeta: in(p, "bench"), Spec: v1alpha1.NetworkSpec{Title: "Bench", TrackingDomains: []string{p.Network + ".example"}}},
		&v1alpha1.Advertiser{ObjectMeta: in(p, "acme"), Spec: v1alpha1.AdvertiserSpec{Title: "Acme"}},
	}
	for i := range offers {
		objects = append(objects, newOffer(p, i))
	}
	payouts := (offers*overrides + perPayout - 1) / perPayout
	for i := range payouts {
		partner := fmt.Sprintf("partner-%04d", i)
		objects = append(objects,
			&v1alpha1.Partner{ObjectMeta: in(p, partner), Spec: v1alpha1.PartnerSpec{Title: partner}},
			newPayout(p, partner, i*perPayout, min((i+1)*perPayout, offers*overrides), offers),
		)
	}
	if err := c.restore(ctx, objects); err != nil {
		return 0, err
	}
	say("%d objects in %v", len(objects), time.Since(start).Round(time.Second))
	return len(objects), nil
}

// in returns the metadata of an object of the network.
func in(p place, name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: p.Network, Name: name}
}

func offerName(i int) string { return fmt.Sprintf("offer-%06d", i) }

// newOffer makes an offer with the fields that most offers have, macros in its URLs
// included: what is empty would cost neither compilation nor bytes.
func newOffer(p place, i int) *v1alpha1.Offer {
	name := offerName(i)
	return &v1alpha1.Offer{ObjectMeta: in(p, name), Spec: v1alpha1.OfferSpec{
		Title:          fmt.Sprintf("Offer %d of the benchmark", i),
		AdvertiserRef:  v1alpha1.ObjectRef{Name: "acme"},
		DestinationURL: v1alpha1.URL(fmt.Sprintf("https://shop-%d.example/landing/%d?cid={clickid}&s={sub1}&p={partner_id}", i%97, i)),
		PreviewURL:     v1alpha1.URL(fmt.Sprintf("https://shop-%d.example/landing/%d", i%97, i)),
		FallbackURL:    v1alpha1.URL(fmt.Sprintf("https://shop-%d.example/sale", i%97)),
		DefaultGoal: &v1alpha1.DefaultGoal{GoalSettings: v1alpha1.GoalSettings{
			Payout:  &v1alpha1.Payout{Type: v1alpha1.PayoutTypeFlat, Flat: "1.00"},
			Revenue: &v1alpha1.Payout{Type: v1alpha1.PayoutTypePercentage, Percent: "12.5"},
		}},
	}}
}

// newPayout makes the custom payouts from first to last of all.
func newPayout(p place, partner string, first, last, offers int) *v1alpha1.PartnerPayout {
	payout := &v1alpha1.PartnerPayout{ObjectMeta: in(p, partner), Spec: v1alpha1.PartnerPayoutSpec{PartnerRef: v1alpha1.ObjectRef{Name: partner}}}
	for i := first; i < last; i++ {
		payout.Spec.Overrides = append(payout.Spec.Overrides, v1alpha1.PayoutOverride{
			Name: fmt.Sprintf("o%d", i), Offer: offerName(i % offers),
			Payout: &v1alpha1.PayoutTerms{Type: v1alpha1.PayoutTypeFlat, Flat: v1alpha1.Amount(fmt.Sprintf("1.%02d", i%100))},
		})
	}
	return payout
}

// retitle edits one offer, as kubectl patch would, and returns its generation.
func (c *cluster) retitle(ctx context.Context, p place, name, title string) (int64, error) {
	offer := &v1alpha1.Offer{ObjectMeta: in(p, name)}
	patch := client.RawPatch("application/merge-patch+json", []byte(fmt.Sprintf(`{"spec":{"title":%q}}`, title)))
	if err := c.Patch(ctx, offer, patch); err != nil {
		return 0, fmt.Errorf("edit %s: %w", name, err)
	}
	return offer.Generation, nil
}
