package compile

import (
	"net/netip"
	"slices"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/api/v1alpha1"
)

const (
	maxSources = 100
	maxBlocked = 2000
)

var advertiserStates = []choice[v1alpha1.AdvertiserState, snapshot.State]{
	{v1alpha1.AdvertiserStateActive, snapshot.Active},
	{v1alpha1.AdvertiserStatePaused, snapshot.Paused},
	{v1alpha1.AdvertiserStateDeleted, snapshot.Deleted},
}

// buildAdvertiser makes the body of an Advertiser's record. Whether blocked partners
// exist does not matter.
func buildAdvertiser(b *builder, n *node, record *snapshot.Record) {
	spec := &n.object.(*v1alpha1.Advertiser).Spec
	record.Advertiser = &snapshot.Advertiser{
		Title:           b.required(root.dot("title"), spec.Title, maxTitle),
		State:           choose(&b.findings, root.dot("state"), spec.State, advertiserStates),
		KeyRequired:     spec.PostbackKeySecretRef != nil,
		Keys:            b.keys(root.dot("postbackKeySecretRef"), spec.PostbackKeySecretRef),
		Sources:         readSources(&b.findings, root.dot("postbackSources"), spec.PostbackSources),
		BlockedPartners: b.names(root.dot("blockedPartners"), spec.BlockedPartners, maxBlocked),
	}
}

// readSources reads addresses and networks as canonical prefixes, sorted and each once.
func readSources(f *findings, at *path, sources []string) []string {
	f.atMost(at, len(sources), maxSources)
	var list []string
	for i, source := range sources {
		prefix, ok := parseSource(source)
		if !ok {
			f.invalid(at.at(i), "%.64q is no address: write an IP address or a CIDR, such as 203.0.113.7 or 203.0.113.0/24", source)
			continue
		}
		list = append(list, prefix.String())
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// parseSource reads an address or a network as the prefix that trackers compare
// with: host bits cleared, and IPv4 written inside IPv6 as IPv4.
func parseSource(source string) (netip.Prefix, bool) {
	if address, err := netip.ParseAddr(source); err == nil {
		if address.Zone() != "" {
			return netip.Prefix{}, false
		}
		address = address.Unmap()
		return netip.PrefixFrom(address, address.BitLen()), true
	}
	prefix, err := netip.ParsePrefix(source)
	if err != nil {
		return netip.Prefix{}, false
	}
	if prefix.Addr().Is4In6() && prefix.Bits() >= 96 {
		prefix = netip.PrefixFrom(prefix.Addr().Unmap(), prefix.Bits()-96)
	}
	return prefix.Masked(), true
}
