package compile

import (
	"slices"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/api/v1alpha1"
)

// offerCompilation compiles an Offer and its Goals together: goals share values,
// slugs and reference ids with each other and with the default goal, and the
// offer's caps name goals. The Offer may not exist; its Goals are then refused.
type offerCompilation struct {
	*namespace
	offer *node
	now   int64
	// claims are what the goals have only once, by the goals that have it so far.
	claims *goalClaims
}

// compile compiles the Offer itself, then the Goals, the oldest first, and then
// what of the Offer depends on them.
func (c *offerCompilation) compile() {
	n, before := c.offer, c.offer.record
	n.goals = nil
	if n.object == nil {
		c.compileGone(n, c.now)
		c.compileGoals()
	} else {
		c.compileOffer()
	}
	if n.record != before {
		c.markFormer()
	}
}

// markFormer marks the goals that are served under the offer but now name another
// one: their verdicts depend on this one.
func (c *offerCompilation) markFormer() {
	for g := range c.graph.goals.members(c.offer.name) {
		if g.offer != c.offer.name && g.object != nil {
			c.graph.mark(g)
		}
	}
}

// compileOffer compiles the Offer and its Goals.
func (c *offerCompilation) compileOffer() {
	n := c.offer
	c.partFromNamesake(n, c.now)
	b, record := c.build(n, ruleOf[n.kind].build)
	c.serve(n, &b.findings, record, c.now)
	goals := c.compileGoals()
	if b.servable() {
		guard(&b.findings, func() { nameCapGoals(&b.findings, record.Offer, goals) })
		c.records.put(n, record)
	}
	if n.presence() == live {
		n.goals = goals
	}
	c.report(n, b, b.servable())
}

// compileGoals compiles the Goals of the offer, the oldest first, and returns
// what others may refer to. The default goal is always among them.
func (c *offerCompilation) compileGoals() []*snapshot.Goal {
	var goals []*snapshot.Goal
	if c.offer.record != nil {
		goals = append(goals, c.offer.record.Offer.DefaultGoal)
		c.claims.take(c.offer, goals[0])
	} else {
		goals = append(goals, &snapshot.Goal{Value: v1alpha1.DefaultGoalValue})
	}
	for _, g := range slices.SortedFunc(c.graph.goals.members(c.offer.name), compareAge) {
		if body := c.compileMember(g); body != nil {
			goals = append(goals, body)
		}
	}
	return goals
}

// compileMember compiles a goal that belongs to the offer, or that once did. It
// returns what others may refer to, nil for nothing.
func (c *offerCompilation) compileMember(g *node) *snapshot.Goal {
	own := g.offer == c.offer.name
	switch {
	case own && g.object != nil:
		return c.compileGoal(g)
	case own && c.maybeThere(g), !own && g.record != nil && g.record.Goal.Offer == c.offer.name:
		return c.keepGoal(g)
	}
	c.graph.goals.leave(c.offer.name, g)
	if own {
		g.accepted = false
		c.putGoal(g, nil)
		c.graph.forget(g)
	}
	return nil
}

// keepGoal keeps the last good form of a Goal that cannot be read, or whose new
// form, which cannot be served, names another offer.
func (c *offerCompilation) keepGoal(g *node) *snapshot.Goal {
	before := g.record
	last := c.lastGoal(g)
	c.records.put(g, last)
	if g.record != before && g.object != nil {
		c.graph.mark(g)
	}
	if last == nil {
		return nil
	}
	c.claims.take(g, last.Goal)
	return last.Goal
}

// compileGoal compiles one Goal. It returns the goal if it is served, or would be
// if goals were not switched off: overrides then wait for the switch.
func (c *offerCompilation) compileGoal(g *node) *snapshot.Goal {
	if g.record != nil && !g.owns(g.record) {
		c.putGoal(g, nil) // it is of another object with the same name
	}
	last, off := c.lastGoal(g), c.goalsOff()
	b, record := c.build(g, c.buildGoal)
	if b.accepted() {
		c.claims.take(g, record.Goal)
	}
	waiting := off != nil && b.accepted()
	b.refusedBy(off)
	g.accepted = b.accepted()
	switch {
	case b.servable():
		c.putGoal(g, record)
	case last != nil:
		c.claims.take(g, last.Goal)
		c.records.put(g, last)
	}
	c.report(g, b, b.servable())
	switch {
	case g.record != nil && g.record.Goal.Offer == c.offer.name:
		return g.record.Goal
	case waiting:
		return record.Goal
	}
	return nil
}

// buildGoal makes the body of a Goal's record and checks it against the record of
// before, the offer and the other goals.
func (c *offerCompilation) buildGoal(b *builder, g *node, record *snapshot.Record) {
	record.Goal = buildGoal(b, g.object.(*v1alpha1.Goal))
	if g.record != nil && g.uid() != "" && g.record.Goal.Value != record.Goal.Value {
		// Conversions in the wild carry it.
		b.invalid(root.dot("value"), "it cannot be changed from %.64q: set state to Deleted and declare a new Goal with the new value", g.record.Goal.Value)
	}
	b.object(root.dot("offerRef").dot("name"), snapshot.KindOffer, record.Goal.Offer)
	if b.accepted() {
		c.claims.check(&b.findings, g, record.Goal)
	}
}

// lastGoal returns the last good form of a Goal under the offer as far as it can
// still be served: not while goals are off, not once the offer is forgotten, and
// without what older goals have claimed meanwhile. A form that cannot be served
// is removed here, before a new one is compared with it.
func (c *offerCompilation) lastGoal(g *node) *snapshot.Record {
	last := g.record
	if last == nil || last.Goal.Offer != c.offer.name {
		return nil
	}
	if c.goalsOff() != nil || !c.parentKnown(g) {
		last = nil
	} else {
		last = c.claims.strip(g, last)
	}
	if last == nil {
		c.records.put(g, nil)
	}
	return last
}

// putGoal serves a new form of a Goal under the offer, or nothing. A former offer
// then has to do without it.
func (c *offerCompilation) putGoal(g *node, record *snapshot.Record) {
	if last := g.record; last != nil && last.Goal.Offer != c.offer.name {
		c.graph.mark(c.graph.node(snapshot.KindOffer, last.Goal.Offer))
	}
	c.records.put(g, record)
}

// goalsOff returns why additional goals of the offer are switched off, nil if they
// are not (S1-2, S1-25).
func (c *offerCompilation) goalsOff() *Problem {
	switch {
	case c.network.settings.goalsDisabled:
		return &Problem{Reason: v1alpha1.ReasonGoalsDisabled, Message: "the Network has goals Disabled: only default goals count"}
	case c.offer.record != nil && c.offer.record.Offer.GoalsDisabled:
		p := newProblem(v1alpha1.ReasonGoalsDisabled, nil, "Offer %.64q has goals Disabled: only its default goal counts", c.offer.name)
		return &p
	}
	return nil
}
