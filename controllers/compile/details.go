package compile

import "github.com/waypost/waypost/api/v1alpha1"

// addDetails adds what only Offers and Goals have in their verdict.
func (s *space) addDetails(n *node, v *Verdict) {
	switch o := n.object.(type) {
	case *v1alpha1.Offer:
		if n.record != nil {
			links := OfferLinks(s.settings.base, n.record.Offer)
			v.OfferLinks = &links
		}
	case *v1alpha1.Goal:
		s.addGoalDetails(n, o, v)
	}
}

// addGoalDetails adds what lists show of a Goal, and its links while it is served.
func (s *space) addGoalDetails(n *node, g *v1alpha1.Goal, v *Verdict) {
	v.Payout, v.Revenue = g.Spec.Payout.Display(), g.Spec.Revenue.Display()
	name := n.offer
	if n.record != nil {
		name = n.record.Goal.Offer // the last good form may belong to another
	}
	offer := s.offerRecord(name)
	if offer == nil {
		return
	}
	v.Advertiser = offer.Offer.Advertiser
	if n.record != nil {
		links := GoalLinks(LinkContext{Base: s.settings.base, Network: s.name, Keys: s.world.options.Keys}, offer.Offer, n.record.Goal)
		v.GoalLinks = &links
	}
}
