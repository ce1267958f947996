package api

import (
	"strings"

	"github.com/waypost/waypost/tracker/ledger/query"
)

// kind is what a parameter's values look like.
type kind int

const (
	text   kind = iota
	choice      // one or, separated by commas, several of a few values
	bound       // a moment or a day
	number      // a page's limit
	zone        // the name of a time zone
	flag        // 1, 0, true or false
)

// param is one parameter of a route.
type param struct {
	name string
	kind kind
	// values are those of a choice.
	values []string
	// one reports that a choice is of a single value.
	one bool
	// inPath reports that the parameter is a part of the path.
	inPath bool
	doc    string
}

// maxText is the longest value of a parameter or text of a decision, in bytes, and the limits
// are items of a page.
const (
	maxText      = 500
	defaultLimit = 100
	maxLimit     = 1000
)

// Parameters that several routes share.
var (
	inNetwork = param{name: "network", doc: "Only this network (namespace)."}
	ofPartner = param{name: "partner", doc: "Only this partner (object name)."}
	inScope   = []param{inNetwork, ofPartner}
	inTime    = []param{
		{name: "from", kind: bound, doc: "The first moment that counts: RFC 3339, or a day such as 2026-11-20, in the network's time zone."},
		{name: "to", kind: bound, doc: "The first moment that no longer counts (RFC 3339), or the last day that does."},
	}
	inPages = []param{
		{name: "limit", kind: number, doc: "How many items at most."},
		{name: "cursor", doc: "The next of the page before."},
	}
	following = param{name: "follow", kind: flag, doc: "Keep the answer open and send what comes as server-sent events, without limit and cursor. " +
		"Without from it begins now. Entries that trackers deliver more than a minute late are not sent."}
	byID   = param{name: "id", inPath: true, doc: "The id."}
	byGoal = []param{
		{name: "offer", doc: "Only this offer (object name)."},
		{name: "goal", doc: "Only this goal (value; case is ignored)."},
	}
	byVia = param{name: "via", kind: choice, values: names(query.Vias[:]), doc: "Only what came through these doors."}
)

// ofClick returns the filters on a click's data that reports and conversions share.
func ofClick() []param {
	list := []param{
		{name: "advertiser", doc: "Only this advertiser (object name)."},
		{name: "goalName", doc: "Only goals with this slug, of all offers (case is ignored)."},
		{name: "currency", doc: "Only this currency."},
		{name: "source", doc: "Only this traffic source."},
		{name: "country", doc: "Only this country (ISO 3166-1 alpha-2)."},
		{name: "device", doc: "Only this kind of device."},
	}
	for n := range 10 {
		name := string(query.BySub(n + 1))
		list = append(list, param{name: name, doc: "Only this value of " + name + "."})
	}
	return list
}

// withStatus is the parameter of statuses, whose meaning differs by route.
func withStatus(doc string) param {
	return param{name: "status", kind: choice, values: names(query.Statuses[:]), doc: doc}
}

// names are the values of a list of named strings.
func names[S ~string](list []S) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = string(s)
	}
	return out
}

// join is several lists of parameters as one.
func join(lists ...[]param) []param {
	var out []param
	for _, l := range lists {
		out = append(out, l...)
	}
	return out
}

// list returns a choice's values for a sentence.
func (p *param) list() string { return strings.Join(p.values, ", ") }
