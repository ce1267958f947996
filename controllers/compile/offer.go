package compile

import (
	"cmp"

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

// buildOffer makes the body of an Offer's record. The goals of caps are looked up
// once all goals of the offer are known. Whether partners in lists exist does not matter:
// a name in a list grants or denies nothing until a Partner has it, and then it must hold.
//
// Every field of the spec has a line here, in which it is checked again, for objects that
// did not pass the schema as it is now.
func buildOffer(b *builder, n *node, record *snapshot.Record) {
	o, f := n.object.(*v1alpha1.Offer), &b.findings
	spec, clicks, impressions := &o.Spec, part(o.Spec.Clicks), part(o.Spec.Impressions)
	record.Offer = &snapshot.Offer{
		TrackingID:        readTrackingID(f, root.dot("trackingID"), spec.TrackingID, o.Name),
		Title:             b.required(root.dot("title"), spec.Title, maxTitle),
		State:             choose(f, root.dot("state"), spec.State, offerStates),
		Advertiser:        b.object(root.dot("advertiserRef").dot("name"), snapshot.KindAdvertiser, spec.AdvertiserRef.Name),
		ApprovalNeeded:    choose(f, root.dot("access"), spec.Access, offerAccess),
		Approved:          b.names(root.dot("approvedPartners"), spec.ApprovedPartners, maxOfferPartners),
		BlockedPartners:   b.names(root.dot("blockedPartners"), spec.BlockedPartners, maxOfferPartners),
		DestinationURL:    b.requiredURL(root.dot("destinationURL"), spec.DestinationURL, macro.Offer),
		PreviewURL:        b.url(root.dot("previewURL"), spec.PreviewURL, macro.Offer),
		FallbackURL:       b.url(root.dot("fallbackURL"), spec.FallbackURL, macro.Offer),
		DeepLinkHosts:     readHosts(f, root.dot("deepLinks").dot("hosts"), part(spec.DeepLinks).Hosts, maxDeepLinkHosts),
		Currency:          cmp.Or(b.currency(root.dot("currency"), spec.Currency), b.namespace.network.settings.currency),
		GoalsDisabled:     !choose(f, root.dot("goals"), spec.Goals, normallyEnabled),
		DefaultGoal:       buildDefaultGoal(b, root.dot("defaultGoal"), part(spec.DefaultGoal)),
		ClickPayout:       readAmount(f, root.dot("clicks").dot("payout").dot("cpc"), part(clicks.Payout).CPC),
		ClickRevenue:      readAmount(f, root.dot("clicks").dot("revenue").dot("cpc"), part(clicks.Revenue).CPC),
		Impressions:       choose(f, root.dot("impressions").dot("tracking"), impressions.Tracking, normallyDisabled),
		ImpressionPayout:  readAmount(f, root.dot("impressions").dot("payout").dot("cpm"), part(impressions.Payout).CPM),
		ImpressionRevenue: readAmount(f, root.dot("impressions").dot("revenue").dot("cpm"), part(impressions.Revenue).CPM),
		Destinations:      readDestinations(f, root.dot("impressions").dot("destinations"), impressions.Destinations),
		Attribution:       readAttribution(f, root.dot("attribution"), part(spec.Attribution)),
		HoldHours:         b.between(root.dot("hold").dot("hours"), part(spec.Hold).Hours, 0, maxHours),
		KeyRequired:       spec.PostbackKeySecretRef != nil,
		Keys:              b.keys(root.dot("postbackKeySecretRef"), spec.PostbackKeySecretRef),
		Caps:              readCaps(f, root.dot("caps"), spec.Caps),
	}
	b.namespace.graph.ids.check(f, n, record)
}

// readTrackingID returns the id of an offer or partner in URLs: the given one, else
// the object's name.
func readTrackingID(f *findings, at *path, id, name string) string {
	if id == "" {
		return name
	}
	return f.matching(at, id, maxTrackingID, urlSafePattern, "tracking id (letters, digits and ._~-)")
}

// readAttribution reads the look-backs; an absent (zero) one is the default.
func readAttribution(f *findings, at *path, a v1alpha1.OfferAttribution) snapshot.Attribution {
	return snapshot.Attribution{
		ClickLookbackHours:      cmp.Or(f.between(at.dot("clickLookbackHours"), a.ClickLookbackHours, 0, maxHours), defaultLookback),
		MinimumClickSeconds:     f.between(at.dot("minimumClickSeconds"), a.MinimumClickSeconds, 0, maxMinimumSeconds),
		ViewThrough:             choose(f, at.dot("viewThrough"), a.ViewThrough, normallyDisabled),
		ImpressionLookbackHours: cmp.Or(f.between(at.dot("impressionLookbackHours"), a.ImpressionLookbackHours, 0, maxHours), defaultImpressions),
	}
}
