package compile

import (
	"github.com/waypost/waypost/api/macro"
	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/api/v1alpha1"
)

const (
	maxDestinations = 10
	defaultWeight   = 100
	maxWeight       = 1000000
)

func (b *offerBuild) impressions() {
	spec := b.spec.Impressions
	if spec == nil {
		return
	}
	at := b.at.dot("impressions")
	tracking, payout, revenue := at.dot("tracking"), at.dot("payout"), at.dot("revenue")
	b.body.Impressions = choose(&b.findings, &tracking, spec.Tracking, normallyDisabled)
	if p := spec.Payout; p != nil {
		cpm := payout.dot("cpm")
		b.body.ImpressionPayout = readAmount(&b.findings, &cpm, p.CPM)
	}
	if r := spec.Revenue; r != nil {
		cpm := revenue.dot("cpm")
		b.body.ImpressionRevenue = readAmount(&b.findings, &cpm, r.CPM)
	}
	destinations := at.dot("destinations")
	b.destinations(&destinations, spec.Destinations)
}

// destinations reads where impressions are delivered. Weights may be 0, so that
// one destination can be switched off while the others go on.
func (b *offerBuild) destinations(at *path, destinations []v1alpha1.ImpressionDestination) {
	b.atMost(at, len(destinations), maxDestinations)
	seen := make(map[string]bool, len(destinations))
	for i := range destinations {
		d := &destinations[i]
		entry := at.at(i)
		name, url, weight := entry.dot("name"), entry.dot("url"), entry.dot("weight")
		if seen[d.Name] {
			b.invalid(&name, "destination %.64q is there twice: give each its name", d.Name)
		}
		seen[d.Name] = true
		share := int32(defaultWeight)
		if d.Weight != nil {
			share = b.between(&weight, *d.Weight, 0, maxWeight)
		}
		b.body.Destinations = append(b.body.Destinations, snapshot.Destination{
			Name:   b.required(&name, d.Name, maxTitle),
			URL:    b.requiredURL(&url, d.URL, macro.Impression),
			Weight: share,
		})
	}
}
