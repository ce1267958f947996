package server

import (
	"bytes"

	"github.com/waypost/waypost/tracker/journal"
	"github.com/waypost/waypost/tracker/server/params"
	"github.com/waypost/waypost/tracker/token"
)

// identified finds the ids of click and impression, in parameters or, for a
// pixel, in the cookie of its offer. Without either only a ServerPartner
// postback goes on: the one that names offer and partner.
func (r *report) identified() bool {
	click, impression := r.ids()
	if len(click) > 0 || len(impression) > 0 {
		return true
	}
	if r.entry.Via != journal.ViaServer {
		return false
	}
	r.noSession = r.namesPartner()
	return r.noSession
}

// ids returns what was sent for the click and the impression.
func (r *report) ids() (click, impression []byte) {
	v := r.v
	click, impression = v.params.Filled(params.ClickID), v.params.Filled(params.AimpID)
	if len(click) > 0 || r.entry.Via == journal.ViaServer {
		return click, impression
	}
	switch {
	case r.pixel.offer != nil:
		click = v.cookie(clickCookie, r.pixel.offer.Hash)
	case !r.pixel.named:
		click = v.cookieOfGoal(v.params.Get(params.GoalID))
	}
	return click, impression
}

// cookieOfGoal returns the visitor's last click on the offer that has this Goal
// object: TUNE's goal pixels name no offer, and the name of an object is the
// network's only one.
func (v *visit) cookieOfGoal(name []byte) (click []byte) {
	if len(name) == 0 {
		return nil
	}
	last := uint32(0)
	for header := v.ctx.Request.Header.PeekCanonical(headerCookie); len(header) > 0; {
		var pair []byte
		pair, header = cutCookie(header)
		cookie, id, _ := bytes.Cut(pair, []byte("="))
		if !bytes.HasPrefix(cookie, []byte(clickCookie)) {
			continue
		}
		opened, ok := v.s.open(id, token.Click)
		if !ok || opened.Seconds < last {
			continue
		}
		if offer := v.network.OfferByHash(opened.OfferHash); offer != nil && offer.GoalByName(view(name)) != nil {
			click, last = id, opened.Seconds
		}
	}
	return click
}

// attributed opens the ids and finds their offer and partner in this network.
// The click decides; a bad impression id beside it is refused all the same.
func (r *report) attributed() bool {
	if r.noSession {
		return true
	}
	click, impression := r.ids()
	ok := true
	if len(impression) > 0 {
		if ok = r.attribute(impression, token.Impression); ok {
			r.entry.AimpID = string(impression)
		}
	}
	if len(click) > 0 {
		clickOK := r.attribute(click, token.Click)
		if clickOK {
			r.entry.ClickID = string(click)
		} else {
			r.entry.RawClickID = copied(clip(click, params.MaxValue))
		}
		ok = ok && clickOK
	}
	return ok
}

// attribute takes offer, partner and time from an id.
func (r *report) attribute(id []byte, kind token.Kind) bool {
	opened, ok := r.v.s.open(id, kind)
	if !ok {
		return false
	}
	network := r.v.network
	offer, partner := network.OfferByHash(opened.OfferHash), network.PartnerByHash(opened.PartnerHash)
	if offer == nil || partner == nil {
		return false
	}
	if r.entry.Via != journal.ViaServer && r.pixel.named && r.pixel.offer != offer {
		return false // a pixel of another offer
	}
	r.offer, r.partner = offer, partner
	r.advertiser = network.Advertiser(offer.Body.Advertiser)
	r.entry.SessionAt = int64(opened.Seconds)
	return true
}

// namesPartner finds offer and partner of a postback without ids, and whether
// the goal takes such postbacks.
func (r *report) namesPartner() bool {
	v := r.v
	offer := v.network.Offer(view(v.params.Get(params.Offer)))
	partner := v.network.Partner(view(v.params.Get(params.Partner)))
	if offer == nil || partner == nil {
		return false
	}
	goal := r.resolveGoal(offer)
	if goal == nil || !takesPartnerPostbacks(goal) {
		return false
	}
	r.offer, r.partner = offer, partner
	r.advertiser = v.network.Advertiser(offer.Body.Advertiser)
	return true
}
