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

// readDestinations reads where impressions are delivered. Weights may be 0, so that
// one destination can be switched off while the others go on. A URL may have the macros
// of offer URLs but the click id, which does not exist yet (S3-8).
func readDestinations(f *findings, at *path, destinations []v1alpha1.ImpressionDestination) []snapshot.Destination {
	f.atMost(at, len(destinations), maxDestinations)
	var list []snapshot.Destination
	seen := make(map[string]bool, len(destinations))
	for i := range destinations {
		d, entry := &destinations[i], at.at(i)
		f.once(entry, seen, "destination", d.Name)
		share := int32(defaultWeight)
		if d.Weight != nil {
			share = f.between(entry.dot("weight"), *d.Weight, 0, maxWeight)
		}
		list = append(list, snapshot.Destination{
			Name:   f.required(entry.dot("name"), d.Name, maxTitle),
			URL:    f.requiredURL(entry.dot("url"), d.URL, macro.Impression),
			Weight: share,
		})
	}
	return list
}
