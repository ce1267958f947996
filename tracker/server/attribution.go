package server

import (
	"bytes"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/tracker/clickid"
	"github.com/waypost/waypost/tracker/journal"
	"github.com/waypost/waypost/tracker/live"
	"github.com/waypost/waypost/tracker/server/params"
)

// The checks find what a postback is about in this order: ids, then offer and partner, then
// the goal among the offer's. Nothing but the ids and the names in the parameters counts;
// no earlier event is looked up.

// identified finds the ids of click and impression, in parameters or, for a pixel, in the
// cookie of its offer. Without either, only a ServerPartner postback goes on: one that
// names offer and partner.
func (c *postbackCheck) identified() bool {
	click, impression := c.ids()
	if len(click) > 0 || len(impression) > 0 {
		return true
	}
	if c.entry.Via != journal.ViaServer {
		return false
	}
	c.noSession = c.namesPartner()
	return c.noSession
}

// ids returns what was sent for the click and the impression.
func (c *postbackCheck) ids() (click, impression []byte) {
	r := c.request
	click, impression = r.params.Filled(params.ClickID), r.params.Filled(params.AimpID)
	if len(click) > 0 || c.entry.Via == journal.ViaServer {
		return click, impression
	}
	switch {
	case c.pixel.offer != nil:
		click = r.cookie(clickCookie, c.pixel.offer.Hash)
	case !c.pixel.named:
		click = c.cookieOfGoal(r.params.Get(params.GoalID))
	}
	return click, impression
}

// cookieOfGoal returns the visitor's last click on the offer that has this Goal object:
// TUNE's goal pixels name no offer, and the name of an object is unique in a network.
func (c *postbackCheck) cookieOfGoal(name []byte) (click []byte) {
	if len(name) == 0 {
		return nil
	}
	r, last := c.request, uint32(0)
	for header := r.ctx.Request.Header.PeekCanonical(headerCookie); len(header) > 0; {
		var pair []byte
		pair, header = cutCookie(header)
		cookie, id, _ := bytes.Cut(pair, []byte("="))
		if !bytes.HasPrefix(cookie, []byte(clickCookie)) {
			continue
		}
		opened, ok := r.server.open(id, clickid.Click)
		if !ok || opened.Seconds < last {
			continue
		}
		if offer := r.network.OfferByHash(opened.OfferHash); offer != nil && offer.GoalByName(view(name)) != nil {
			click, last = id, opened.Seconds
		}
	}
	return click
}

// attributed opens the ids and finds their offer and partner in this network. The click
// decides; a bad impression id beside it is refused all the same. A bad id is kept as it
// was sent: it is what the advertiser looks for in the postback log.
func (c *postbackCheck) attributed() bool {
	if c.noSession {
		return true
	}
	click, impression := c.ids()
	ok := true
	if len(impression) > 0 {
		if ok = c.attribute(impression, clickid.Impression); ok {
			c.entry.AimpID = string(impression)
		}
	}
	if len(click) > 0 {
		clickOK := c.attribute(click, clickid.Click)
		if clickOK {
			c.entry.ClickID = string(click)
		} else {
			c.entry.RawClickID = copied(clip(click, params.MaxValue))
		}
		ok = ok && clickOK
	}
	return ok
}

// attribute takes offer, partner and time from an id.
func (c *postbackCheck) attribute(id []byte, kind clickid.Kind) bool {
	opened, ok := c.request.server.open(id, kind)
	if !ok {
		return false
	}
	network := c.request.network
	offer, partner := network.OfferByHash(opened.OfferHash), network.PartnerByHash(opened.PartnerHash)
	if offer == nil || partner == nil {
		return false
	}
	if c.entry.Via != journal.ViaServer && c.pixel.named && c.pixel.offer != offer {
		return false // a pixel of another offer
	}
	c.parties = partiesOf(network, offer, partner)
	c.entry.SessionAt = int64(opened.Seconds)
	return true
}

// namesPartner finds offer and partner of a postback without ids, and reports whether the
// goal takes such postbacks (TUNE server_affiliate). It is the one case without a session:
// uniqueness then rests on the order id alone.
func (c *postbackCheck) namesPartner() bool {
	r := c.request
	offer := r.network.Offer(view(r.params.Get(params.Offer)))
	partner := r.network.Partner(view(r.params.Get(params.Partner)))
	if offer == nil || partner == nil {
		return false
	}
	goal := c.resolveGoal(offer)
	if goal == nil || goal.Protocol() != snapshot.ProtocolServerPartner {
		return false
	}
	c.parties = partiesOf(r.network, offer, partner)
	return true
}

// defaultGoalID is how TUNE names the default goal in goal_id.
const defaultGoalID = "0"

// goalNames are the ways to name a goal, in the order in which the first that is filled in
// decides.
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
// filled in, else the first that holds a word for nothing, which no goal may have. It is
// -1 if no goal is named.
func goalName(p *params.Set) int {
	wordless := -1
	for i, name := range goalNames {
		switch {
		case len(p.Filled(name.param)) > 0:
			return i
		case wordless < 0 && p.Blank(name.param):
			wordless = i
		}
	}
	return wordless
}

// goalRaw returns what was sent to name the goal, empty if nothing was.
func goalRaw(p *params.Set) []byte {
	if i := goalName(p); i >= 0 {
		return p.Get(goalNames[i].param)
	}
	return nil
}

// locate finds the goal once the offer is known.
func (c *postbackCheck) locate() {
	if c.goal != nil || c.offer == nil {
		return
	}
	if c.goal = c.resolveGoal(c.offer); c.goal != nil && c.request.route.via == viaGoal {
		c.entry.Via = viaOf(c.goal)
	}
}

// resolveGoal finds the goal in an offer; nil if there is no such one. A sealed link names
// its goal itself; a postback that names none is of the default goal.
func (c *postbackCheck) resolveGoal(offer *live.Offer) *live.Goal {
	if c.pixel.sealed && c.pixel.offer == offer {
		return offer.Goal(c.pixel.goal)
	}
	if i := goalName(&c.request.params); i >= 0 {
		return goalNames[i].find(offer, view(c.request.params.Get(goalNames[i].param)))
	}
	return offer.DefaultGoal()
}

// viaOf is the door of a pixel with one URL for image and iframe.
func viaOf(g *live.Goal) journal.Via {
	switch g.Protocol() {
	case snapshot.ProtocolIFrame, snapshot.ProtocolIFrameSSL:
		return journal.ViaIFrame
	}
	return journal.ViaImage
}
