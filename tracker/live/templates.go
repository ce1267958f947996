package live

import (
	"sync/atomic"

	"github.com/waypost/waypost/api/macro"
)

// Destination is one advertiser URL that recorded impressions are delivered to.
type Destination struct {
	Name   string
	Weight int32 // above 0
	URL    *macro.Template
}

// templates are the parsed URLs of an offer.
type templates struct {
	destination *macro.Template
	fallback    *macro.Template
	impressions []Destination
}

// templateCache is filled at an offer's first event: most of a large network's
// offers never have one. It is shared by the values of one offer that differ in
// goals only.
type templateCache struct{ parsed atomic.Pointer[templates] }

// Destination returns the template of the offer's destination URL. It is nil if
// the URL has a macro that only a newer tracker can fill in; then the offer cannot be
// served and clicks go to the fallback.
func (o *Offer) Destination() *macro.Template { return o.parsed().destination }

// Fallback returns the template of the offer's own fallback URL, nil if it has
// none (or as with Destination); the network's comes after it.
func (o *Offer) Fallback() *macro.Template { return o.parsed().fallback }

// ImpressionDestinations returns where the offer's impressions are delivered, in
// the order of the manifest. Entries of weight 0 are left out, as they are never
// picked. The slice is shared and must not be changed.
func (o *Offer) ImpressionDestinations() []Destination { return o.parsed().impressions }

// parsed returns the templates, and parses them at the first call. It is safe for
// concurrent use without a lock.
func (o *Offer) parsed() *templates {
	if t := o.cache.parsed.Load(); t != nil {
		return t
	}
	t := &templates{
		destination: parse(o.Body.DestinationURL, macro.Offer),
		fallback:    parse(o.Body.FallbackURL, macro.Offer),
	}
	for _, d := range o.Body.Destinations {
		if url := parse(d.URL, macro.Impression); url != nil && d.Weight > 0 {
			t.impressions = append(t.impressions, Destination{Name: d.Name, Weight: d.Weight, URL: url})
		}
	}
	// Two first events may both parse; they get equal templates.
	o.cache.parsed.Store(t)
	return t
}

// Fallback returns the template of the network's fallback URL, nil without one.
func (n *Network) Fallback() *macro.Template { return n.fallback }

// parse returns nil for no URL and for one that the compiler would not have let through.
func parse(url string, v macro.Vocabulary) *macro.Template {
	if url == "" {
		return nil
	}
	t, err := macro.Parse(url, v)
	if err != nil {
		return nil
	}
	return t
}
