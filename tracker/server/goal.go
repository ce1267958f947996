package server

import (
	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/tracker/journal"
	"github.com/waypost/waypost/tracker/live"
	"github.com/waypost/waypost/tracker/server/params"
)

// defaultGoalID is how TUNE names the default goal in goal_id.
const defaultGoalID = "0"

// goalNames are the ways to name a goal, in the order in which the first that is
// filled in decides.
var goalNames = []struct {
	param params.Param
	find  func(*live.Offer, string) *live.Goal
}{
	{params.GoalID, goalByID},
	{params.Goal, (*live.Offer).Goal},
	{params.GoalName, (*live.Offer).GoalBySlug},
	{params.GoalRef, (*live.Offer).GoalByRef},
}

// goalByID takes a Goal object's name, else a goal value.
func goalByID(offer *live.Offer, id string) *live.Goal {
	if id == defaultGoalID {
		return offer.DefaultGoal()
	}
	if goal := offer.GoalByName(id); goal != nil {
		return goal
	}
	return offer.Goal(id)
}

// goalName returns the place in goalNames of the name that decides: the first that is
// filled in, else the first that holds a word for nothing, which no goal may have. It
// is -1 if no goal is named.
func (r *report) goalName() int {
	wordless := -1
	for i, name := range goalNames {
		switch {
		case len(r.v.params.Filled(name.param)) > 0:
			return i
		case wordless < 0 && r.v.params.Blank(name.param):
			wordless = i
		}
	}
	return wordless
}

// goalRaw returns what was sent to name the goal, empty if nothing was.
func (r *report) goalRaw() []byte {
	if i := r.goalName(); i >= 0 {
		return r.v.params.Get(goalNames[i].param)
	}
	return nil
}

// resolveGoal finds the goal in an offer; nil if there is no such one. A sealed
// link names its goal itself; who names none means the default goal.
func (r *report) resolveGoal(offer *live.Offer) *live.Goal {
	if r.pixel.sealed && r.pixel.offer == offer {
		return offer.Goal(r.pixel.goal)
	}
	if i := r.goalName(); i >= 0 {
		return goalNames[i].find(offer, view(r.v.params.Get(goalNames[i].param)))
	}
	return offer.DefaultGoal()
}

// locate finds the goal once the offer is known.
func (r *report) locate() {
	if r.goal != nil || r.offer == nil {
		return
	}
	if r.goal = r.resolveGoal(r.offer); r.goal != nil && r.v.route.via == viaGoal {
		r.entry.Via = viaOf(r.goal)
	}
}

// viaOf is the door of a pixel whose URL is the same for image and iframe.
func viaOf(g *live.Goal) journal.Via {
	switch g.Protocol() {
	case snapshot.ProtocolIFrame, snapshot.ProtocolIFrameSSL:
		return journal.ViaIFrame
	}
	return journal.ViaImage
}

// doors are the protocols that take what comes through a door. A click link
// records a goal of any protocol, as a click.
var doors = map[journal.Via]map[snapshot.Protocol]bool{
	journal.ViaServer: {snapshot.ProtocolServer: true, snapshot.ProtocolServerPartner: true},
	journal.ViaImage:  {snapshot.ProtocolImage: true, snapshot.ProtocolImageSSL: true},
	journal.ViaIFrame: {snapshot.ProtocolIFrame: true, snapshot.ProtocolIFrameSSL: true},
}

// protocolFits: the goal takes what comes through this door. Where it asks for
// TLS, what a trusted proxy says came without is refused; where nobody we trust
// has ended TLS it cannot be known.
func (r *report) protocolFits() bool {
	if r.entry.Via == journal.ViaClick {
		return true
	}
	protocol := r.goal.Protocol()
	ssl := protocol == snapshot.ProtocolImageSSL || protocol == snapshot.ProtocolIFrameSSL
	if ssl && r.v.transport == transportPlain {
		return false
	}
	return doors[r.entry.Via][protocol]
}

// takesPartnerPostbacks reports whether a goal counts postbacks that name offer
// and partner instead of a click (TUNE server_affiliate).
func takesPartnerPostbacks(g *live.Goal) bool {
	return g.Protocol() == snapshot.ProtocolServerPartner
}
