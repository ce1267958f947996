package compile

import (
	"slices"

	"github.com/waypost/waypost/api/macro"
	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/api/v1alpha1"
)

const (
	maxPostbacks     = 20
	maxBlockedOffers = 2000
)

var (
	partnerStates = []choice[v1alpha1.PartnerState, snapshot.State]{
		{v1alpha1.PartnerStateActive, snapshot.Active},
		{v1alpha1.PartnerStatePending, snapshot.Pending},
		{v1alpha1.PartnerStateBlocked, snapshot.Blocked},
		{v1alpha1.PartnerStateRejected, snapshot.Rejected},
		{v1alpha1.PartnerStateDeleted, snapshot.Deleted},
	}
	conversionStatuses = []choice[v1alpha1.ConversionStatus, snapshot.ConversionStatus]{
		{v1alpha1.ConversionApproved, snapshot.StatusApproved},
		{v1alpha1.ConversionPending, snapshot.StatusPending},
		{v1alpha1.ConversionHold, snapshot.StatusHold},
		{v1alpha1.ConversionRejected, snapshot.StatusRejected},
	}
)

// buildPartner makes the body of a Partner's record. Whether blocked offers exist does
// not matter.
func buildPartner(b *builder, n *node, record *snapshot.Record) {
	p, f := n.object.(*v1alpha1.Partner), &b.findings
	record.Partner = &snapshot.Partner{
		TrackingID:    readTrackingID(f, root.dot("trackingID"), p.Spec.TrackingID, p.Name),
		Title:         b.required(root.dot("title"), p.Spec.Title, maxTitle),
		State:         choose(f, root.dot("state"), p.Spec.State, partnerStates),
		Tier:          b.text(root.dot("tier"), p.Spec.Tier, maxTitle),
		BlockedOffers: b.names(root.dot("blockedOffers"), p.Spec.BlockedOffers, maxBlockedOffers),
		Postbacks:     b.postbacks(root.dot("postbacks"), p.Spec.Postbacks),
	}
	b.namespace.graph.ids.check(f, n, record)
}

// postbacks reads outgoing URLs, each by itself: a bad one is left out.
func (b *builder) postbacks(at *path, postbacks []v1alpha1.PartnerPostback) []snapshot.PartnerPostback {
	b.atMost(at, len(postbacks), maxPostbacks)
	var list []snapshot.PartnerPostback
	seen := make(map[string]bool, len(postbacks))
	for i := range postbacks {
		p, own := &postbacks[i], b.entry()
		own.once(at.at(i), seen, "postback", p.Name)
		if postback := own.postback(at.at(i), p); !b.refuse(p.Name, &own.findings) {
			list = append(list, postback)
		}
	}
	return list
}

// postback reads one outgoing URL. Without an offer the goal stays as it is
// written: goals of several offers may have that value, each in its spelling.
func (b *builder) postback(at *path, p *v1alpha1.PartnerPostback) snapshot.PartnerPostback {
	postback := snapshot.PartnerPostback{
		Name:  b.required(at.dot("name"), p.Name, maxTitle),
		URL:   b.requiredURL(at.dot("url"), p.URL, macro.PartnerPostback),
		On:    readStatuses(&b.findings, at.dot("on"), p),
		Offer: p.Offer, Goal: p.Goal,
	}
	if p.Goal != "" {
		b.matching(at.dot("goal"), p.Goal, maxGoalValue, goalPattern, "goal value")
	}
	if p.Offer != "" {
		postback.Goal = b.offerGoal(at, p.Offer, p.Goal)
	}
	return postback
}

// readStatuses reads for which statuses a postback fires; none means Approved.
func readStatuses(f *findings, at *path, p *v1alpha1.PartnerPostback) []snapshot.ConversionStatus {
	if len(p.On) > 0 && len(p.OnUnquoted) > 0 {
		f.invalid(at, "it is given twice, once in quotes and once without: keep one of them")
	}
	var list []snapshot.ConversionStatus
	for i, word := range p.Statuses() {
		if word == "" {
			f.invalid(at.at(i), "missing: write Approved, Pending, Hold or Rejected")
		}
		list = append(list, choose(f, at.at(i), word, conversionStatuses))
	}
	slices.Sort(list)
	return slices.Compact(list)
}
