package compile

import (
	"github.com/waypost/waypost/api/macro"
	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/api/v1alpha1"
)

const (
	maxDeepLinkHosts   = 20
	maxOfferPartners   = 2000
	defaultLookback    = 720 // hours after a click
	defaultImpressions = 24  // hours after an impression
	maxHours           = 8760
	maxMinimumSeconds  = 2592000
)

var offerStates = []choice[v1alpha1.OfferState, snapshot.State]{
	{v1alpha1.OfferStateActive, snapshot.Active},
	{v1alpha1.OfferStatePaused, snapshot.Paused},
	{v1alpha1.OfferStatePending, snapshot.Pending},
	{v1alpha1.OfferStateExpired, snapshot.Expired},
	{v1alpha1.OfferStateDeleted, snapshot.Deleted},
}

var offerAccess = []choice[v1alpha1.OfferAccess, bool]{
	{v1alpha1.OfferAccessPublic, false},
	{v1alpha1.OfferAccessApprovalRequired, true},
}

// offerBuild is an Offer on its way to its record.
type offerBuild struct {
	*builder
	spec *v1alpha1.OfferSpec
	at   path
	body *snapshot.Offer
}

// offerSteps make the record of an Offer, each with the checks of its fields.
// What concerns several objects is not here: the tracking id is claimed, and the
// goals of caps are looked up, when all goals of the offer are known.
var offerSteps = []func(*offerBuild){
	(*offerBuild).title,       // there, and not too long
	(*offerBuild).state,       // a state that offers have
	(*offerBuild).advertiser,  // an Advertiser that is served
	(*offerBuild).access,      // names; whether the partners exist does not matter
	(*offerBuild).urls,        // with macros that offers have
	(*offerBuild).deepLinks,   // host names
	(*offerBuild).currency,    // the offer's, else the network's
	(*offerBuild).defaultGoal, // a goal with value "1", never an end point
	(*offerBuild).clicks,      // amounts
	(*offerBuild).impressions, // amounts, and destinations without a click id
	(*offerBuild).attribution, // look-backs, hold
	(*offerBuild).key,         // the Secret exists and holds keys
	(*offerBuild).caps,        // limits that fit their metric
}

// buildOffer makes the body of an Offer's record.
func buildOffer(with *builder, o *v1alpha1.Offer) *snapshot.Offer {
	b := &offerBuild{builder: with, spec: &o.Spec, at: root(), body: &snapshot.Offer{}}
	at := b.at.dot("trackingID")
	b.body.TrackingID = readTrackingID(&b.findings, &at, o.Spec.TrackingID, o.Name)
	for _, step := range offerSteps {
		step(b)
	}
	return b.body
}

// readTrackingID returns the id of an offer or partner in URLs: the given one, else
// the object's name.
func readTrackingID(f *findings, at *path, id, name string) string {
	if id == "" {
		return name
	}
	return f.matching(at, id, maxTrackingID, urlSafePattern, "tracking id (letters, digits and ._~-)")
}

func (b *offerBuild) title() {
	at := b.at.dot("title")
	b.body.Title = b.required(&at, b.spec.Title, maxTitle)
}

func (b *offerBuild) state() {
	at := b.at.dot("state")
	b.body.State = choose(&b.findings, &at, b.spec.State, offerStates)
}

func (b *offerBuild) advertiser() {
	ref := b.at.dot("advertiserRef")
	at := ref.dot("name")
	b.body.Advertiser = b.name(&at, b.spec.AdvertiserRef.Name)
	b.resolve(&at, snapshot.KindAdvertiser, b.body.Advertiser)
}

func (b *offerBuild) access() {
	access, approved, blocked := b.at.dot("access"), b.at.dot("approvedPartners"), b.at.dot("blockedPartners")
	b.body.ApprovalNeeded = choose(&b.findings, &access, b.spec.Access, offerAccess)
	b.body.Approved = b.names(&approved, b.spec.ApprovedPartners, maxOfferPartners)
	b.body.BlockedPartners = b.names(&blocked, b.spec.BlockedPartners, maxOfferPartners)
}

func (b *offerBuild) urls() {
	destination, preview, fallback := b.at.dot("destinationURL"), b.at.dot("previewURL"), b.at.dot("fallbackURL")
	b.body.DestinationURL = b.requiredURL(&destination, b.spec.DestinationURL, macro.Offer)
	b.body.PreviewURL = b.url(&preview, b.spec.PreviewURL, macro.Offer)
	b.body.FallbackURL = b.url(&fallback, b.spec.FallbackURL, macro.Offer)
}

func (b *offerBuild) deepLinks() {
	if b.spec.DeepLinks == nil {
		return
	}
	links := b.at.dot("deepLinks")
	at := links.dot("hosts")
	b.body.DeepLinkHosts = readHosts(&b.findings, &at, b.spec.DeepLinks.Hosts, maxDeepLinkHosts)
}

func (b *offerBuild) currency() {
	at := b.at.dot("currency")
	b.body.Currency = b.findings.currency(&at, b.spec.Currency)
	if b.body.Currency == "" {
		b.body.Currency = b.namespace.network.settings.currency
	}
}

func (b *offerBuild) defaultGoal() {
	goals := b.at.dot("goals")
	b.body.GoalsDisabled = !choose(&b.findings, &goals, b.spec.Goals, normallyEnabled)
	at := b.at.dot("defaultGoal")
	b.body.DefaultGoal = buildDefaultGoal(b.builder, &at, b.spec.DefaultGoal)
}

func (b *offerBuild) clicks() {
	if b.spec.Clicks == nil {
		return
	}
	at := b.at.dot("clicks")
	payout, revenue := at.dot("payout"), at.dot("revenue")
	if p := b.spec.Clicks.Payout; p != nil {
		cpc := payout.dot("cpc")
		b.body.ClickPayout = readAmount(&b.findings, &cpc, p.CPC)
	}
	if r := b.spec.Clicks.Revenue; r != nil {
		cpc := revenue.dot("cpc")
		b.body.ClickRevenue = readAmount(&b.findings, &cpc, r.CPC)
	}
}

func (b *offerBuild) attribution() {
	b.body.Attribution = snapshot.Attribution{ClickLookbackHours: defaultLookback, ImpressionLookbackHours: defaultImpressions}
	if a := b.spec.Attribution; a != nil {
		at := b.at.dot("attribution")
		b.body.Attribution = b.windows(&at, a)
	}
	if h := b.spec.Hold; h != nil {
		at := b.at.dot("hold")
		hours := at.dot("hours")
		b.body.HoldHours = b.between(&hours, h.Hours, 0, maxHours)
	}
}

// windows reads the look-backs; an absent (zero) one is the default.
func (b *offerBuild) windows(at *path, a *v1alpha1.OfferAttribution) snapshot.Attribution {
	click, impression := at.dot("clickLookbackHours"), at.dot("impressionLookbackHours")
	minimum, view := at.dot("minimumClickSeconds"), at.dot("viewThrough")
	windows := snapshot.Attribution{
		ClickLookbackHours:      b.between(&click, a.ClickLookbackHours, 0, maxHours),
		MinimumClickSeconds:     b.between(&minimum, a.MinimumClickSeconds, 0, maxMinimumSeconds),
		ViewThrough:             choose(&b.findings, &view, a.ViewThrough, normallyDisabled),
		ImpressionLookbackHours: b.between(&impression, a.ImpressionLookbackHours, 0, maxHours),
	}
	if windows.ClickLookbackHours == 0 {
		windows.ClickLookbackHours = defaultLookback
	}
	if windows.ImpressionLookbackHours == 0 {
		windows.ImpressionLookbackHours = defaultImpressions
	}
	return windows
}

func (b *offerBuild) key() {
	at := b.at.dot("postbackKeySecretRef")
	b.body.KeyRequired, b.body.Keys = b.keys(&at, b.spec.PostbackKeySecretRef)
}
