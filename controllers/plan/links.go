package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/waypost/waypost/api/snapshot"
)

// offers notes what changes for an offer's links: the settings of the Network and of
// Advertisers that act on all their offers, then each offer with its goals.
func (d *differ) offers() {
	before, after := d.old.body(), d.new.body()
	d.add(Breaking, "Network/"+d.network, "tracking domains", strings.Join(before.TrackingDomains, " "), strings.Join(after.TrackingDomains, " "))
	d.add(Breaking, "Network/"+d.network, "goals", switched(before.GoalsDisabled), switched(after.GoalsDisabled))
	d.add(Breaking, "Network/"+d.network, "postback key", required(before.KeyRequired), required(after.KeyRequired))
	d.add(Traffic, "Network/"+d.network, "fallback URL", before.FallbackURL, after.FallbackURL)
	d.add(Traffic, "Network/"+d.network, "time zone", before.TimeZone, after.TimeZone)
	for _, name := range both(d.old.records[snapshot.KindOffer], d.new.records[snapshot.KindOffer]) {
		d.offer("Offer/"+name, d.old.records[snapshot.KindOffer][name].Offer, d.new.records[snapshot.KindOffer][name].Offer)
		for _, value := range both(d.old.goals[name], d.new.goals[name]) {
			d.goal("Offer/"+name, d.old.goals[name][value], d.new.goals[name][value])
		}
	}
	for _, name := range both(d.old.records[snapshot.KindAdvertiser], d.new.records[snapshot.KindAdvertiser]) {
		before, after := d.old.records[snapshot.KindAdvertiser][name].Advertiser, d.new.records[snapshot.KindAdvertiser][name].Advertiser
		d.add(Breaking, "Advertiser/"+name, "postback key", required(before.KeyRequired), required(after.KeyRequired))
		d.add(Breaking, "Advertiser/"+name, "postback sources", strings.Join(before.Sources, " "), strings.Join(after.Sources, " "))
		d.add(Traffic, "Advertiser/"+name, "state", state(before.State), state(after.State))
		d.list("Advertiser/"+name, "blocked partners", before.BlockedPartners, after.BlockedPartners)
	}
}

// offer notes the fields of an offer that decide about links, money or traffic. A title
// changes no more than the value of the macro {offer_name}, and is left out.
func (d *differ) offer(object string, a, b *snapshot.Offer) {
	d.add(Breaking, object, "tracking id", a.TrackingID, b.TrackingID)
	d.add(Breaking, object, "currency", a.Currency, b.Currency)
	d.add(Breaking, object, "goals", switched(a.GoalsDisabled), switched(b.GoalsDisabled))
	d.add(Breaking, object, "postback key", required(a.KeyRequired), required(b.KeyRequired))
	d.attribution(object, a.Attribution, b.Attribution)
	d.add(Money, object, "payout per click", a.ClickPayout.String(), b.ClickPayout.String())
	d.add(Money, object, "revenue per click", a.ClickRevenue.String(), b.ClickRevenue.String())
	d.add(Money, object, "payout per 1,000 impressions", a.ImpressionPayout.String(), b.ImpressionPayout.String())
	d.add(Money, object, "revenue per 1,000 impressions", a.ImpressionRevenue.String(), b.ImpressionRevenue.String())
	d.add(Money, object, "hold hours", fmt.Sprint(a.HoldHours), fmt.Sprint(b.HoldHours))
	d.add(Money, object, "caps", caps(a.Caps), caps(b.Caps))
	d.add(Traffic, object, "state", state(a.State), state(b.State))
	d.add(Traffic, object, "destination URL", a.DestinationURL, b.DestinationURL)
	d.add(Traffic, object, "fallback URL", a.FallbackURL, b.FallbackURL)
	d.add(Traffic, object, "access", access(a.ApprovalNeeded), access(b.ApprovalNeeded))
	d.list(object, "approved partners", a.Approved, b.Approved)
	d.list(object, "blocked partners", a.BlockedPartners, b.BlockedPartners)
	d.list(object, "deep link hosts", a.DeepLinkHosts, b.DeepLinkHosts)
	d.add(Traffic, object, "impressions", switched(!a.Impressions), switched(!b.Impressions))
	d.add(Traffic, object, "impression destinations", destinations(a.Destinations), destinations(b.Destinations))
}

// attribution notes the bounds of time. They are Breaking, because they decide about
// conversions of clicks that were made under the old ones.
func (d *differ) attribution(object string, a, b snapshot.Attribution) {
	d.add(Breaking, object, "click look-back hours", fmt.Sprint(a.ClickLookbackHours), fmt.Sprint(b.ClickLookbackHours))
	d.add(Breaking, object, "minimum click seconds", fmt.Sprint(a.MinimumClickSeconds), fmt.Sprint(b.MinimumClickSeconds))
	d.add(Breaking, object, "view-through", switched(!a.ViewThrough), switched(!b.ViewThrough))
	d.add(Breaking, object, "impression look-back hours", fmt.Sprint(a.ImpressionLookbackHours), fmt.Sprint(b.ImpressionLookbackHours))
}

// goal notes the fields of a goal besides its payout. A new slug breaks postbacks that
// name the goal by the old one (S1-6), unless that is kept as an alias. Case is ignored,
// as it is when a postback is read.
func (d *differ) goal(object string, a, b *snapshot.Goal) {
	object += " goal " + a.Value
	if !strings.EqualFold(a.Slug, b.Slug) && !slices.ContainsFunc(b.SlugAliases, func(s string) bool { return strings.EqualFold(s, a.Slug) }) {
		d.add(Breaking, object, "slug (without the old one as an alias)", a.Slug, b.Slug)
	}
	d.add(Breaking, object, "refID", a.RefID, b.RefID)
	d.add(Breaking, object, "state", state(a.State), state(b.State))
	d.add(Breaking, object, "protocol", protocol(a.Protocol), protocol(b.Protocol))
	d.add(Breaking, object, "encrypted tracking", required(a.Encrypted), required(b.Encrypted))
	d.add(Money, object, "multiple conversions", yes(a.Multiple), yes(b.Multiple))
	d.add(Money, object, "end point", yes(a.EndPoint), yes(b.EndPoint))
	d.add(Money, object, "manual approval", yes(a.Manual), yes(b.Manual))
	d.add(Money, object, "recorded as a click only", yes(a.ClickOnly), yes(b.ClickOnly))
}

// partners notes what changes for a partner's traffic.
func (d *differ) partners() {
	for _, name := range both(d.old.records[snapshot.KindPartner], d.new.records[snapshot.KindPartner]) {
		a, b := d.old.records[snapshot.KindPartner][name].Partner, d.new.records[snapshot.KindPartner][name].Partner
		object := "Partner/" + name
		d.add(Breaking, object, "tracking id", a.TrackingID, b.TrackingID)
		d.add(Traffic, object, "state", state(a.State), state(b.State))
		d.list(object, "blocked offers", a.BlockedOffers, b.BlockedOffers)
		d.add(Traffic, object, "postbacks", postbacks(a.Postbacks), postbacks(b.Postbacks))
	}
}

// list notes what enters and what leaves a list.
func (d *differ) list(object, what string, a, b []string) {
	d.add(Traffic, object, what, strings.Join(without(a, b), " "), strings.Join(without(b, a), " "))
}

// without returns what of a is not in b.
func without(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(s string) bool { return slices.Contains(b, s) })
}
