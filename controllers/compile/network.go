package compile

import (
	"cmp"
	"slices"
	"time"

	"github.com/waypost/waypost/api/macro"
	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/api/v1alpha1"
)

const maxDomains = 20

var encryptions = []choice[v1alpha1.EncryptedTracking, bool]{
	{v1alpha1.EncryptedTrackingOptional, false},
	{v1alpha1.EncryptedTrackingRequired, true},
}

// buildNetwork makes the body of a Network's record. Its hosts are what is written; which
// of them it gets is decided in comparison with the other networks (hosts.go).
func buildNetwork(b *builder, n *node, record *snapshot.Record) {
	spec, f := &n.object.(*v1alpha1.Network).Spec, &b.findings
	record.NetworkBody = &snapshot.Network{
		Title:             b.required(root.dot("title"), spec.Title, maxTitle),
		Currency:          cmp.Or(b.currency(root.dot("currency"), spec.Currency), string(v1alpha1.DefaultCurrency)),
		TimeZone:          readTimeZone(f, root.dot("timeZone"), cmp.Or(spec.TimeZone, time.UTC.String())),
		TrackingDomains:   readHosts(f, root.dot("trackingDomains"), spec.TrackingDomains, maxDomains),
		FallbackURL:       b.url(root.dot("fallbackURL"), spec.FallbackURL, macro.Offer),
		GoalsDisabled:     !choose(f, root.dot("goals"), spec.Goals, normallyEnabled),
		ApprovalDisabled:  !choose(f, root.dot("conversionApproval"), spec.ConversionApproval, normallyEnabled),
		EncryptedTracking: choose(f, root.dot("encryptedTracking"), spec.EncryptedTracking, encryptions),
		KeyRequired:       spec.PostbackKeySecretRef != nil,
		Keys:              b.keys(root.dot("postbackKeySecretRef"), spec.PostbackKeySecretRef),
		CreatedAt:         n.created,
	}
}

// readTimeZone checks a name against this machine's time zone database.
func readTimeZone(f *findings, at *path, zone string) string {
	// "Local" is another zone on each machine. (time.Local's own name would not do: where
	// a machine has no zone, as in a container, it is "UTC".)
	if _, err := time.LoadLocation(zone); err != nil || zone == "Local" {
		f.invalid(at, "%.64q is no time zone: write a name of the IANA time zone database, such as Europe/Vienna", zone)
	}
	return zone
}

// readHosts checks a list of host names, in the order in which they are written:
// links begin with the first.
func readHosts(f *findings, at *path, hosts []string, limit int) []string {
	f.atMost(at, len(hosts), limit)
	var list []string
	for i, host := range hosts {
		entry := at.at(i)
		f.matching(entry, host, maxName, hostPattern, "host name (lower case, international names as xn--, no port)")
		if slices.Contains(list, host) {
			f.invalid(entry, "%.64q is there twice: remove one", host)
			continue
		}
		list = append(list, host)
	}
	return list
}

// defaultNetwork is the body of the record of a namespace without a Network. oldest is
// the creation of its oldest object: by age a network gets its hosts.
func defaultNetwork(oldest int64) *snapshot.Network {
	return &snapshot.Network{
		Currency: string(v1alpha1.DefaultCurrency), TimeZone: time.UTC.String(), CreatedAt: oldest,
	}
}
