package server

import (
	"github.com/waypost/waypost/tracker/journal"
	"github.com/waypost/waypost/tracker/server/params"
)

// action is what a URL asks for.
type action uint8

const (
	actClick action = iota
	actImpression
	actPostback
	actPixel
	actText // a fixed text
	actions
)

// actionNames are the labels of metrics.
var actionNames = [actions]string{"click", "impression", "postback", "pixel", "page"}

// dialect is the form of a postback's answer. Clicks and impressions are answered alike in
// all dialects.
type dialect uint8

const (
	dialectJSON dialect = iota
	dialectTUNE         // success=true; with status 200
)

// route is one path of the public port. The dialects (docs/rules.md, "Paths") differ in
// nothing else: path, names of parameters, form of the answer.
type route struct {
	action  action
	names   *params.Table
	dialect dialect
	// queried is the bare host, which is a link with a query only.
	queried bool
	// via is the door of a pixel, which a goal's protocol must allow; viaGoal where the
	// protocol decides.
	via journal.Via
	// choose is the route to take by the value of params.Action instead.
	choose map[string]*route
	// answer is the fixed answer of actText.
	answer *page
}

// viaGoal is a pixel of TUNE: one URL for image and iframe. The entry has the door that the
// goal takes, once the goal is known; until then it has the image's.
const viaGoal journal.Via = 255

// routes returns all paths. Paths that share a route differ in nothing at all.
func routes() map[string]*route {
	clicks, impressions := params.Clicks(), params.Impressions()
	postbacks, goals := params.Postbacks(), params.GoalPostbacks()

	click := &route{action: actClick, names: clicks}
	impression := &route{action: actImpression, names: impressions}
	tuneGoal := &route{action: actPostback, names: goals, dialect: dialectTUNE}
	tuneGoal.choose = map[string]*route{
		"l": {action: actPixel, names: goals, dialect: dialectTUNE, via: viaGoal},
	}
	return map[string]*route{
		"/click": click, // Affise too
		"/aff_c": click,
		"/":      {action: actClick, names: params.CakeClicks(), queried: true},

		"/impression": impression,
		"/imp":        impression,
		"/aff_i":      impression,

		"/postback": {action: actPostback, names: postbacks}, // Affise and NATS too
		"/aff_lsr":  {action: actPostback, names: postbacks, dialect: dialectTUNE},
		"/aff_goal": tuneGoal,

		"/pixel.gif":  {action: actPixel, names: postbacks, via: journal.ViaImage},
		"/pixel.html": {action: actPixel, names: postbacks, via: journal.ViaIFrame},
		"/click.gif":  {action: actPixel, names: postbacks, via: journal.ViaClick},
		"/aff_l":      {action: actPixel, names: postbacks, dialect: dialectTUNE, via: viaGoal},

		"/robots.txt":  {action: actText, answer: &robots},
		"/favicon.ico": {action: actText, answer: &favicon},
	}
}

// allowed reports whether a route takes a method, and lists those that it takes. HEAD asks
// what GET would answer and counts nothing. Postbacks refuse it: their 200 means that
// something is recorded.
func (r *route) allowed(method string) (ok bool, list string) {
	if r.action == actPostback {
		return method == "GET" || method == "POST", "GET, POST"
	}
	return method == "GET" || method == "HEAD", "GET, HEAD"
}

// inline reports whether tracker/port may answer plain requests of the route in its event
// loop: those of clicks and impressions, which never wait. A postback waits for the disk,
// so it never runs there, and neither does a route that a parameter can turn into one.
func (r *route) inline() bool {
	return r != nil && (r.action == actClick || r.action == actImpression) && r.choose == nil
}
