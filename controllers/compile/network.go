package compile

import (
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

// networkBuild is a Network on its way to its record.
type networkBuild struct {
	*builder
	spec *v1alpha1.NetworkSpec
	at   path
	body *snapshot.Network
}

// networkSteps make the record of a Network, each with the checks of its fields.
var networkSteps = []func(*networkBuild){
	(*networkBuild).title,    // there, and not too long
	(*networkBuild).currency, // three capitals
	(*networkBuild).timeZone, // known to this machine's time zone database
	(*networkBuild).domains,  // host names, each once
	(*networkBuild).fallback, // a URL with offer macros
	(*networkBuild).switches, // goals, conversion approval, encrypted tracking
	(*networkBuild).key,      // the Secret exists and holds keys
}

// buildNetwork makes the body of a Network's record.
func buildNetwork(with *builder, n *node) *snapshot.Network {
	b := &networkBuild{builder: with, spec: &n.object.(*v1alpha1.Network).Spec, at: root(), body: &snapshot.Network{CreatedAt: n.created}}
	for _, step := range networkSteps {
		step(b)
	}
	return b.body
}

func (b *networkBuild) title() {
	at := b.at.dot("title")
	b.body.Title = b.required(&at, b.spec.Title, maxTitle)
}

func (b *networkBuild) currency() {
	at := b.at.dot("currency")
	b.body.Currency = b.findings.currency(&at, b.spec.Currency)
	if b.body.Currency == "" {
		b.body.Currency = string(v1alpha1.DefaultCurrency)
	}
}

func (b *networkBuild) timeZone() {
	at := b.at.dot("timeZone")
	zone := b.spec.TimeZone
	if zone == "" {
		zone = time.UTC.String()
	}
	// "Local" is another zone on each machine. (time.Local's own name would not do: where
	// a machine has no zone, as in a container, it is "UTC".)
	if _, err := time.LoadLocation(zone); err != nil || zone == "Local" {
		b.invalid(&at, "%.64q is no time zone: write a name of the IANA time zone database, such as Europe/Vienna", zone)
	}
	b.body.TimeZone = zone
}

func (b *networkBuild) domains() {
	at := b.at.dot("trackingDomains")
	b.body.TrackingDomains = readHosts(&b.findings, &at, b.spec.TrackingDomains, maxDomains)
}

func (b *networkBuild) fallback() {
	at := b.at.dot("fallbackURL")
	b.body.FallbackURL = b.url(&at, b.spec.FallbackURL, macro.Offer)
}

func (b *networkBuild) switches() {
	goals, approval, encrypted := b.at.dot("goals"), b.at.dot("conversionApproval"), b.at.dot("encryptedTracking")
	b.body.GoalsDisabled = !choose(&b.findings, &goals, b.spec.Goals, normallyEnabled)
	b.body.ApprovalDisabled = !choose(&b.findings, &approval, b.spec.ConversionApproval, normallyEnabled)
	b.body.EncryptedTracking = choose(&b.findings, &encrypted, b.spec.EncryptedTracking, encryptions)
}

func (b *networkBuild) key() {
	at := b.at.dot("postbackKeySecretRef")
	b.body.KeyRequired, b.body.Keys = b.keys(&at, b.spec.PostbackKeySecretRef)
}

// readHosts checks a list of host names, in the order in which they are written:
// links begin with the first.
func readHosts(f *findings, at *path, hosts []string, limit int) []string {
	f.atMost(at, len(hosts), limit)
	var list []string
	for i, host := range hosts {
		entry := at.at(i)
		f.matching(&entry, host, maxName, hostPattern, "host name (lower case, international names as xn--, no port)")
		if slices.Contains(list, host) {
			f.invalid(&entry, "%.64q is there twice: remove one", host)
			continue
		}
		list = append(list, host)
	}
	return list
}

// defaultNetwork is the body of the record of a namespace without a Network.
func defaultNetwork(oldest int64) *snapshot.Network {
	return &snapshot.Network{
		Currency: string(v1alpha1.DefaultCurrency), TimeZone: time.UTC.String(), CreatedAt: oldest,
	}
}
