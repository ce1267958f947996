package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"github.com/waypost/waypost/api/seal"
	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/controllers/compile"
	"github.com/waypost/waypost/tracker/live"
)

// newLinksCommand makes "links". It prints what the status of an Offer and of a Goal in
// a cluster has, from the manifests alone and for one partner.
func newLinksCommand() *cobra.Command {
	var l links
	var config, data string
	cmd := &cobra.Command{
		Use:     "links --offer X --partner Y",
		Short:   "Print tracking link, impression pixel and postback URLs, ready to paste",
		Example: "  waypost links --config config/samples --offer summer-shoes --partner best-blog",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			index, err := loadIndex(cmd.Context(), cmd.ErrOrStderr(), compile.Options{AssumeSecrets: true}, config)
			if err != nil {
				return err
			}
			l.keys, err = seal.LoadDir(data)
			if err != nil {
				l.keys = nil // only sealed links need keys; they are then reported as missing
			}
			return l.print(cmd.OutOrStdout(), index)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&config, "config", "config/samples", "directory with manifests")
	flags.StringVar(&data, "data", "data", "directory with the sealing keys, for links of goals with encrypted tracking")
	flags.StringVar(&l.network, "network", "", "network (namespace); default the only one")
	flags.StringVar(&l.offer, "offer", "", "offer: object name or tracking id")
	flags.StringVar(&l.partner, "partner", "", "partner: object name or tracking id")
	addPublicURL(flags, &l.publicURL)
	_ = cmd.MarkFlagRequired("offer")   // the flag exists
	_ = cmd.MarkFlagRequired("partner") // the flag exists
	return cmd
}

// links prints the links of one offer and partner.
type links struct {
	// offer and partner are object names or tracking ids, network a namespace, or ""
	// where there is only one.
	network, offer, partner string
	publicURL               string // before links of a network without tracking domains
	// keys seal the links of goals with encrypted tracking; nil prints a hint instead.
	keys *seal.Keyring
}

// print writes a line for each link: those of the visitor first, then those of each
// active goal. A network's first tracking domain is used, with https. Deleted offers and
// partners count as missing, because their links lead nowhere.
func (l *links) print(w io.Writer, index *live.Index) error {
	network, err := pickNetwork(index, l.network)
	if err != nil {
		return err
	}
	offer, partner := findOffer(network, l.offer), findPartner(network, l.partner)
	switch {
	case offer == nil || offer.Deleted:
		return fmt.Errorf("network %s has no offer %q", network.Name, l.offer)
	case partner == nil || partner.Deleted:
		return fmt.Errorf("network %s has no partner %q", network.Name, l.partner)
	}
	base := strings.TrimRight(l.publicURL, "/")
	if len(network.Body.TrackingDomains) > 0 {
		base = "https://" + network.Body.TrackingDomains[0]
	}
	pair := "offer=" + url.QueryEscape(offer.Body.TrackingID) + "&partner=" + url.QueryEscape(partner.Body.TrackingID)
	line := func(what, link string) { fmt.Fprintf(w, "%-22s %s\n", what, link) }
	line("tracking link", base+"/click?"+pair)
	if offer.Body.Impressions {
		line("impression link", base+"/impression?"+pair)
		line("impression pixel", fmt.Sprintf(`<img src="%s/impression?%s" width="1" height="1" alt="">`, base, strings.ReplaceAll(pair, "&", "&amp;")))
	}
	for _, g := range offer.Goals() {
		if g.Body().State == snapshot.Active {
			l.printGoal(line, base, network, offer, partner, g)
		}
	}
	return nil
}

// printGoal prints how the goal's conversions are reported. A goal is reported in one way
// (S1-14 in docs/rules.md), so it has one postback or one pixel; every goal can also be
// recorded as a click only. Braces are blanks for the advertiser's system.
func (l *links) printGoal(line func(what, link string), base string, network *live.Network, offer *live.Offer, partner *live.Partner, g *live.Goal) {
	name := "goal " + g.Value()
	value := url.QueryEscape(g.Value())
	target := "offer=" + url.QueryEscape(offer.Body.TrackingID) + "&goal=" + value
	if g.Encrypted() {
		target = "encrypted=(needs the sealing keys: --data)"
		if l.keys != nil {
			target = "encrypted=" + seal.SealLink(l.keys, network.Name, offer.Body.TrackingID, g.Value())
		}
	}
	switch g.Protocol() {
	case snapshot.ProtocolServer:
		line(name+" postback", base+"/postback?clickid={clickid}&goal="+value+"&amount={amount}&order_id={order_id}")
	case snapshot.ProtocolServerPartner:
		line(name+" postback", base+"/postback?offer="+url.QueryEscape(offer.Body.TrackingID)+"&partner="+url.QueryEscape(partner.Body.TrackingID)+
			"&goal="+value+"&amount={amount}&order_id={order_id}")
	case snapshot.ProtocolImage, snapshot.ProtocolImageSSL:
		line(name+" pixel", fmt.Sprintf(`<img src="%s/pixel.gif?%s" width="1" height="1" alt="">`, base, strings.ReplaceAll(target, "&", "&amp;")))
	case snapshot.ProtocolIFrame, snapshot.ProtocolIFrameSSL:
		line(name+" iframe", fmt.Sprintf(`<iframe src="%s/pixel.html?%s" width="1" height="1"></iframe>`, base, strings.ReplaceAll(target, "&", "&amp;")))
	}
	line(name+" click only", base+"/click.gif?"+target)
}

// pickNetwork returns the network of that name, or the only one where none is named.
func pickNetwork(index *live.Index, name string) (*live.Network, error) {
	if name != "" {
		if n := index.NetworkByName(name); n != nil {
			return n, nil
		}
		return nil, fmt.Errorf("there is no network %q", name)
	}
	all := index.Networks()
	if len(all) != 1 {
		return nil, errors.New("give the network with --network")
	}
	return all[0], nil
}

// findOffer finds an offer by object name, else by tracking id.
func findOffer(n *live.Network, name string) *live.Offer {
	return cmp.Or(n.OfferByName(name), n.Offer(name))
}

// findPartner finds a partner by object name, else by tracking id.
func findPartner(n *live.Network, name string) *live.Partner {
	return cmp.Or(n.PartnerByName(name), n.Partner(name))
}
