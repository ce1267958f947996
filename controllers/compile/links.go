package compile

import (
	"net/url"
	"strings"

	"github.com/waypost/waypost/api/seal"
	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/api/v1alpha1"
)

// partnerBlank is what partners replace by their tracking id in an offer's links.
const partnerBlank = "{partner}"

// linkBase is what the links of a network begin with: its first tracking domain,
// else the installation's public URL, else nothing, which makes them bare paths.
func linkBase(network *snapshot.Network, publicURL string) string {
	if len(network.TrackingDomains) > 0 {
		return "https://" + network.TrackingDomains[0]
	}
	return strings.TrimRight(publicURL, "/")
}

// offerLinks returns an offer's addresses for partners. What the offer does not
// serve has no link: nothing of a deleted offer, no impressions where they are
// not recorded.
func offerLinks(base string, o *snapshot.Offer) v1alpha1.OfferLinks {
	if o.State == snapshot.Deleted {
		return v1alpha1.OfferLinks{}
	}
	query := "?offer=" + url.QueryEscape(o.TrackingID) + "&partner=" + partnerBlank
	links := v1alpha1.OfferLinks{Tracking: base + "/click" + query}
	if o.Impressions {
		links.Impression = base + "/impression" + query
		links.ImpressionPixel = `<img src="` + links.Impression + `" width="1" height="1" alt="">`
	}
	return links
}

// goalLinks returns a goal's addresses for the advertiser: those of the goal's
// protocol, because others would be refused with wrong_protocol, and the one that
// records a click only. Private goals have them as well, advertisers report them
// as any other; deleted goals have none. Pixels and the click link are sealed
// where the goal requires it; postbacks never are.
func (s *namespace) goalLinks(o *snapshot.Offer, g *snapshot.Goal) v1alpha1.GoalLinks {
	if g.State == snapshot.Deleted || o.State == snapshot.Deleted {
		return v1alpha1.GoalLinks{}
	}
	offer, goal := url.QueryEscape(o.TrackingID), url.QueryEscape(g.Value)
	links := v1alpha1.GoalLinks{Click: s.pixel("/click.gif", o, g)}
	switch g.Protocol {
	case snapshot.ProtocolServer:
		links.Postback = s.network.settings.base + "/postback?clickid={clickid}&goal=" + goal
	case snapshot.ProtocolServerPartner:
		links.Postback = s.network.settings.base + "/postback?offer=" + offer + "&partner=" + partnerBlank + "&goal=" + goal
	case snapshot.ProtocolImage, snapshot.ProtocolImageSSL:
		links.Pixel = s.pixel("/pixel.gif", o, g)
	case snapshot.ProtocolIFrame, snapshot.ProtocolIFrameSSL:
		links.IFrame = s.pixel("/pixel.html", o, g)
	}
	return links
}

// pixel returns the link of a pixel, plain or sealed.
func (s *namespace) pixel(path string, o *snapshot.Offer, g *snapshot.Goal) string {
	if !g.Encrypted {
		return s.network.settings.base + path + "?offer=" + url.QueryEscape(o.TrackingID) + "&goal=" + url.QueryEscape(g.Value)
	}
	keys := s.compiler.options.Keys
	if keys == nil {
		return ""
	}
	return s.network.settings.base + path + "?encrypted=" + seal.SealLink(keys, s.name, o.TrackingID, g.Value)
}
