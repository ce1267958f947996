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

// partnerBuild is a Partner on its way to its record.
type partnerBuild struct {
	*builder
	spec *v1alpha1.PartnerSpec
	at   path
	body *snapshot.Partner
}

// partnerSteps make the record of a Partner, each with the checks of its fields.
var partnerSteps = []func(*partnerBuild){
	(*partnerBuild).title,     // there, and not too long
	(*partnerBuild).state,     // a state that partners have
	(*partnerBuild).tier,      // any text
	(*partnerBuild).blocked,   // names; whether the offers exist does not matter
	(*partnerBuild).postbacks, // each by itself: a bad one is left out
}

// buildPartner makes the body of a Partner's record.
func buildPartner(with *builder, n *node, record *snapshot.Record) {
	p := n.object.(*v1alpha1.Partner)
	b := &partnerBuild{builder: with, spec: &p.Spec, at: root(), body: &snapshot.Partner{}}
	record.Partner = b.body
	at := b.at.dot("trackingID")
	b.body.TrackingID = readTrackingID(&b.findings, &at, p.Spec.TrackingID, p.Name)
	for _, step := range partnerSteps {
		step(b)
	}
	b.namespace.graph.ids.check(&b.findings, n, record)
}

func (b *partnerBuild) title() {
	at := b.at.dot("title")
	b.body.Title = b.required(&at, b.spec.Title, maxTitle)
}

func (b *partnerBuild) state() {
	at := b.at.dot("state")
	b.body.State = choose(&b.findings, &at, b.spec.State, partnerStates)
}

func (b *partnerBuild) tier() {
	at := b.at.dot("tier")
	b.body.Tier = b.text(&at, b.spec.Tier, maxTitle)
}

func (b *partnerBuild) blocked() {
	at := b.at.dot("blockedOffers")
	b.body.BlockedOffers = b.names(&at, b.spec.BlockedOffers, maxBlockedOffers)
}

func (b *partnerBuild) postbacks() {
	at := b.at.dot("postbacks")
	b.atMost(&at, len(b.spec.Postbacks), maxPostbacks)
	seen := make(map[string]bool, len(b.spec.Postbacks))
	for i := range b.spec.Postbacks {
		p := &b.spec.Postbacks[i]
		entry := at.at(i)
		own := b.entry()
		name := entry.dot("name")
		if seen[p.Name] {
			own.invalid(&name, "postback %.64q is there twice: give each its name", p.Name)
		}
		seen[p.Name] = true
		if postback := own.postback(&entry, p); !b.refuse(p.Name, &own.findings) {
			b.body.Postbacks = append(b.body.Postbacks, postback)
		}
	}
}

// postback reads one outgoing URL. Without an offer the goal stays as it is
// written: goals of several offers may have that value, each in its spelling.
func (b *builder) postback(at *path, p *v1alpha1.PartnerPostback) snapshot.PartnerPostback {
	name, url, goal := at.dot("name"), at.dot("url"), at.dot("goal")
	postback := snapshot.PartnerPostback{
		Name: b.required(&name, p.Name, maxTitle),
		URL:  b.requiredURL(&url, p.URL, macro.PartnerPostback),
		On:   readStatuses(&b.findings, at, p),
	}
	if p.Goal != "" {
		postback.Goal = b.matching(&goal, p.Goal, maxGoalValue, goalPattern, "goal value")
	}
	if p.Offer != "" {
		postback.Offer, postback.Goal = b.offerGoal(at, p.Offer, p.Goal)
	}
	return postback
}

// readStatuses reads for which statuses a postback fires; none means Approved.
func readStatuses(f *findings, at *path, p *v1alpha1.PartnerPostback) []snapshot.ConversionStatus {
	on := at.dot("on")
	if len(p.On) > 0 && len(p.OnUnquoted) > 0 {
		f.invalid(&on, "it is given twice, once in quotes and once without: keep one of them")
	}
	var list []snapshot.ConversionStatus
	for i, word := range p.Statuses() {
		entry := on.at(i)
		if word == "" {
			f.invalid(&entry, "missing: write Approved, Pending, Hold or Rejected")
		}
		list = append(list, choose(f, &entry, word, conversionStatuses))
	}
	slices.Sort(list)
	return slices.Compact(list)
}
