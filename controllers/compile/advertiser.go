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

// advertiserBuild is an Advertiser on its way to its record.
type advertiserBuild struct {
	*builder
	spec *v1alpha1.AdvertiserSpec
	at   path
	body *snapshot.Advertiser
}

// advertiserSteps make the record of an Advertiser, each with the checks of its fields.
var advertiserSteps = []func(*advertiserBuild){
	(*advertiserBuild).title,   // there, and not too long
	(*advertiserBuild).state,   // a state that advertisers have
	(*advertiserBuild).key,     // the Secret exists and holds keys
	(*advertiserBuild).sources, // addresses and networks, as canonical prefixes
	(*advertiserBuild).blocked, // names; whether the partners exist does not matter
}

// buildAdvertiser makes the body of an Advertiser's record.
func buildAdvertiser(with *builder, n *node, record *snapshot.Record) {
	b := &advertiserBuild{builder: with, spec: &n.object.(*v1alpha1.Advertiser).Spec, at: root(), body: &snapshot.Advertiser{}}
	record.Advertiser = b.body
	for _, step := range advertiserSteps {
		step(b)
	}
}

func (b *advertiserBuild) title() {
	at := b.at.dot("title")
	b.body.Title = b.required(&at, b.spec.Title, maxTitle)
}

func (b *advertiserBuild) state() {
	at := b.at.dot("state")
	b.body.State = choose(&b.findings, &at, b.spec.State, advertiserStates)
}

func (b *advertiserBuild) key() {
	at := b.at.dot("postbackKeySecretRef")
	b.body.KeyRequired, b.body.Keys = b.keys(&at, b.spec.PostbackKeySecretRef)
}

func (b *advertiserBuild) sources() {
	at := b.at.dot("postbackSources")
	b.atMost(&at, len(b.spec.PostbackSources), maxSources)
	for i, source := range b.spec.PostbackSources {
		prefix, ok := parseSource(source)
		if !ok {
			entry := at.at(i)
			b.invalid(&entry, "%.64q is no address: write an IP address or a CIDR, such as 203.0.113.7 or 203.0.113.0/24", source)
			continue
		}
		b.body.Sources = append(b.body.Sources, prefix.String())
	}
	slices.Sort(b.body.Sources)
	b.body.Sources = slices.Compact(b.body.Sources)
}

func (b *advertiserBuild) blocked() {
	at := b.at.dot("blockedPartners")
	b.body.BlockedPartners = b.names(&at, b.spec.BlockedPartners, maxBlocked)
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
