package compile

import (
	"slices"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/api/v1alpha1"
)

// compileFamily compiles an Offer and its Goals together: goals share values,
// slugs and reference ids with each other and with the default goal, and the
// offer's caps name goals. The Offer may not exist; its Goals then say so.
func (s *space) compileFamily(n *node, now int64) {
	var f findings
	var record *snapshot.Record
	before := n.record
	n.goals = nil
	if n.object == nil {
		s.compileGone(n, now)
	} else {
		record = s.compileOffer(&f, n, now)
	}
	claims := newGoalClaims()
	if n.record != nil {
		claims.take(n, n.record.Offer.DefaultGoal)
	}
	goals := s.compileGoals(n, claims)
	if n.object != nil {
		if f.servable() {
			guard(&f, func() { nameCapGoals(&f, record.Offer, goals) })
			s.put(n, record)
		}
		if n.presence() == live {
			n.goals = goals
		}
		s.say(n, &f, f.servable())
	}
	if n.record != before {
		s.markGuests(n)
	}
}

// markGuests marks the goals that are served under an offer but now name another
// one: their verdicts tell of this one.
func (s *space) markGuests(offer *node) {
	for g := range s.goals.members(offer.name) {
		if g.offer != offer.name && g.object != nil {
			s.mark(g)
		}
	}
}

// compileOffer compiles the Offer itself, but for the goals of its caps.
func (s *space) compileOffer(f *findings, n *node, now int64) *snapshot.Record {
	s.reincarnate(n, now)
	record := s.newRecord(n)
	guard(f, func() {
		record.Offer = s.buildOffer(f, n.object.(*v1alpha1.Offer))
		s.claimTrackingID(f, n, record)
		s.block(f)
	})
	n.applyRefusal(f)
	s.settle(n, f, record, now)
	return record
}

// compileGoals compiles the Goals of an offer, the oldest first, and returns
// what others may refer to. The default goal is always among them.
func (s *space) compileGoals(offer *node, claims *goalClaims) []goalEntry {
	entries := []goalEntry{{value: v1alpha1.DefaultGoalValue}}
	if offer.record != nil {
		entries[0].private = offer.record.Offer.DefaultGoal.Private
	}
	for _, g := range slices.SortedFunc(s.goals.members(offer.name), compareAge) {
		if e, ok := s.compileMember(offer, g, claims); ok {
			entries = append(entries, e)
		}
	}
	return entries
}

// compileMember compiles a goal that belongs to the offer, or that once did.
func (s *space) compileMember(offer, g *node, claims *goalClaims) (goalEntry, bool) {
	switch {
	case g.offer == offer.name && g.object != nil:
		return s.compileGoal(offer, g, claims)
	case g.offer == offer.name && s.maybeThere(g):
		return s.compileGuest(offer, g, claims)
	case g.offer == offer.name:
		s.goals.leave(offer.name, g)
		g.accepted = false
		s.putGoal(offer, g, nil)
		s.forget(g)
	case g.record != nil && g.record.Goal.Offer == offer.name:
		return s.compileGuest(offer, g, claims)
	default: // it has moved
		s.goals.leave(offer.name, g)
	}
	return goalEntry{}, false
}

// compileGuest keeps the last good form of a Goal under its former offer, while
// its new form, which names another one, cannot be served.
func (s *space) compileGuest(offer, g *node, claims *goalClaims) (goalEntry, bool) {
	before := g.record
	last := s.lastGoal(offer, g, claims)
	s.put(g, last)
	if g.record != before && g.object != nil {
		s.mark(g)
	}
	if last == nil {
		return goalEntry{}, false
	}
	claims.take(g, last.Goal)
	return goalEntry{last.Goal.Value, last.Goal.Private}, true
}

// compileGoal compiles one Goal. Its entry is there if it is served, or would be
// if goals were not switched off: overrides then wait for the switch.
func (s *space) compileGoal(offer, g *node, claims *goalClaims) (goalEntry, bool) {
	s.reincarnateGoal(offer, g)
	last, off := s.lastGoal(offer, g, claims), s.goalsOff(offer)
	f, record := &findings{}, s.newRecord(g)
	guard(f, func() {
		record.Goal = s.buildGoal(f, g.object.(*v1alpha1.Goal))
		s.checkGoalValue(f, g, record)
		s.checkGoalOffer(f, record.Goal.Offer)
		s.block(f)
		if f.accepted() {
			claims.check(f, g, record.Goal)
		}
	})
	g.applyRefusal(f)
	if f.accepted() {
		claims.take(g, record.Goal)
	}
	waiting := off != nil && f.accepted()
	if off != nil {
		f.problems = append(f.problems, *off)
	}
	g.accepted = f.accepted()
	switch {
	case f.servable():
		s.putGoal(offer, g, record)
	case last != nil:
		claims.take(g, last.Goal)
		s.put(g, last)
	}
	s.say(g, f, f.servable())
	switch {
	case g.record != nil && g.record.Goal.Offer == offer.name:
		return goalEntry{g.record.Goal.Value, g.record.Goal.Private}, true
	case waiting:
		return goalEntry{record.Goal.Value, record.Goal.Private}, true
	}
	return goalEntry{}, false
}

// lastGoal returns the last good form of a Goal under an offer as far as it can
// still be served: not while goals are off, not once nobody can name the offer,
// and without what older goals have claimed meanwhile. A form that cannot be
// served is forgotten here, before a new one is compared with it.
func (s *space) lastGoal(offer, g *node, claims *goalClaims) *snapshot.Record {
	last := g.record
	if last == nil || last.Goal.Offer != offer.name {
		return nil
	}
	if s.goalsOff(offer) != nil || !s.parentKnown(g) {
		last = nil
	} else {
		last = claims.strip(g, last)
	}
	if last == nil {
		s.put(g, nil)
	}
	return last
}

// putGoal serves a new form of a Goal under the offer, or nothing. A former offer
// then has to do without it.
func (s *space) putGoal(offer, g *node, record *snapshot.Record) {
	if last := g.record; last != nil && last.Goal.Offer != offer.name {
		s.mark(s.node(snapshot.KindOffer, last.Goal.Offer))
	}
	s.put(g, record)
}

// reincarnateGoal parts a Goal from the record of another one that had its name.
func (s *space) reincarnateGoal(offer, g *node) {
	if g.record != nil && !g.owns(g.record) {
		s.putGoal(offer, g, nil)
	}
}

// checkGoalValue refuses a changed value: conversions in the wild carry it.
func (s *space) checkGoalValue(f *findings, g *node, record *snapshot.Record) {
	if g.record == nil || g.uid() == "" || g.record.Goal.Value == record.Goal.Value {
		return
	}
	spec := root()
	at := spec.dot("value")
	f.invalid(&at, "it cannot be changed from %.64q: set state to Deleted and declare a new Goal with the new value", g.record.Goal.Value)
}

// checkGoalOffer notes an offer that does not exist or is not served.
func (s *space) checkGoalOffer(f *findings, offer string) {
	spec := root()
	ref := spec.dot("offerRef")
	at := ref.dot("name")
	f.name(&at, offer)
	s.resolve(f, &at, snapshot.KindOffer, offer)
}

// goalsOff returns why additional goals of the offer are switched off, or nil (S1-2, S1-25).
func (s *space) goalsOff(offer *node) *Problem {
	switch {
	case s.settings.goalsDisabled:
		return &Problem{Reason: v1alpha1.ReasonGoalsDisabled, Message: "the Network has goals Disabled: only default goals count"}
	case offer.record != nil && offer.record.Offer.GoalsDisabled:
		p := newProblem(v1alpha1.ReasonGoalsDisabled, nil, "Offer %.64q has goals Disabled: only its default goal counts", offer.name)
		return &p
	}
	return nil
}

// offerRecord returns what is served of an Offer, nil if nothing is.
func (s *space) offerRecord(name string) *snapshot.Record {
	if n := s.nodes[ref{snapshot.KindOffer, name}]; n != nil {
		return n.record
	}
	return nil
}
