package soak

import (
	"net/netip"
	"regexp"
	"slices"
	"strings"
)

// facts are what a postback says, seen by the configuration in force.
type facts struct {
	*request
	id         string
	at         int64
	network    *network
	advertiser *advertiser
	offer      *offer
	partner    *partner
	goal       *goal // nil if there is no such one
	via        string
	session    string // the click's id, else the impression's
	byClick    bool
	sessionAt  int64
	keyed      bool // some level has a key
	proven     bool
	amount     *int64
	status     string // "" when it says nothing
	order      string
	orderless  bool // it sent a word for nothing
	currency   string
	test       bool
	reason     string // the first of the tracker's checks that failed
}

var (
	macros  = regexp.MustCompile(`\{\w+\}|#\w+#|<[A-Z]+>|^\[X\]$|^__ID__$|^\$id$|^%%ID%%$|^:order_id$|^%s$`)
	amounts = regexp.MustCompile(`^[0-9]{1,9}(\.[0-9]{1,6})?$`)
	words   = map[string]string{
		"": "", "approved": "approved", "1": "approved", "pending": "pending", "2": "pending",
		"rejected": "rejected", "declined": "rejected", "3": "rejected", "hold": "hold", "5": "hold",
	}
	viaPath = map[string]string{"/pixel.gif": "image", "/aff_l": "image", "/pixel.html": "iframe", "/click.gif": "click"}
)

// screen does the tracker's checks, in the order of docs/rules.md.
func (m *model) screen(w *world, q *request, at int64) *facts {
	f := &facts{request: q, at: at, network: w.network(q.network), via: viaPath[q.path], order: q.meaning["order"], currency: q.meaning["currency"], test: q.meaning["test"] == "1"}
	if f.orderless = slices.Contains([]string{"undefined", "null", "0", "N/A", "'null'"}, f.order); f.orderless {
		f.order = ""
	}
	f.reason = m.firstFailing(f)
	return f
}

func (m *model) firstFailing(f *facts) string {
	get := f.meaning
	for _, text := range get {
		if macros.MatchString(text) {
			m.identify(f)
			return "unexpanded_macro"
		}
	}
	ok := true
	if text := get["amount"]; text != "" {
		if ok = amounts.MatchString(text); ok {
			f.amount = ptr(millionths(text))
		}
	}
	var known bool
	f.status, known = words[strings.ToLower(get["status"])]
	reason := m.identify(f)
	switch {
	case !ok:
		return "bad_amount"
	case !known:
		return "bad_status"
	case reason != "":
		return reason
	}
	if f.via == "" {
		if reason := f.admitted(); reason != "" {
			return reason
		}
	}
	return m.goalFits(f)
}

// identify finds out what the postback is about.
func (m *model) identify(f *facts) string {
	click, aimp := f.meaning["click"], f.meaning["aimp_id"]
	link, sealed := m.links[f.meaning["encrypted"]]
	sealed = sealed && link.network == f.network.Name
	named := f.meaning["offer"]
	if o := f.network.offer(link.offer); sealed && o != nil {
		named = o.ID
	}
	if click == "" && aimp == "" {
		return f.withoutSession()
	}
	good := true
	for _, x := range []struct {
		id         string
		impression bool
	}{{aimp, true}, {click, false}} {
		if x.id == "" {
			continue
		}
		v := m.known[x.id]
		if v == nil || v.Impression != x.impression || v.Network != f.network.Name {
			good = false
			continue
		}
		o := f.network.offer(v.Offer)
		if f.via != "" && named != "" && named != o.ID {
			good = false // a pixel of another offer
			continue
		}
		f.offer, f.partner = o, f.network.partner(v.Partner)
		f.session, f.sessionAt, f.byClick = v.ID, v.Seconds, !x.impression
	}
	if f.offer != nil {
		f.advertiser, f.goal = f.network.advertiser(f.offer.Advertiser), f.named()
	}
	if !good {
		f.session = ""
		return "bad_click_id"
	}
	if sealed && f.via != "" {
		f.goal = find(f.served(), func(g *goal) bool { return g.Value == link.goal })
	}
	if f.path == "/aff_l" && f.goal != nil && strings.HasPrefix(f.goal.Protocol, "IFrame") {
		f.via = "iframe" // one URL for both
	}
	return ""
}

// withoutSession is a postback that names offer and partner instead of a click.
func (f *facts) withoutSession() string {
	byID := func(id, meaning string) bool { return id == f.meaning[meaning] }
	f.offer = find(f.network.Offers, func(o *offer) bool { return byID(o.ID, "offer") })
	f.partner = find(f.network.Partners, func(p *partner) bool { return byID(p.ID, "partner") })
	if f.via == "" && f.offer != nil && f.partner != nil {
		f.goal = f.named()
		if f.goal != nil && f.goal.Protocol == "ServerPartner" {
			f.advertiser = f.network.advertiser(f.offer.Advertiser)
			return ""
		}
		f.goal = nil
	}
	return "missing_click_id"
}

// served are the offer's goals. Where goals are off the default one is all there is.
func (f *facts) served() []*goal {
	if f.offer.GoalsOff || f.network.GoalsOff {
		return f.offer.Goals[:1]
	}
	return f.offer.Goals
}

// named is the goal that the postback names.
func (f *facts) named() *goal {
	by := func(is func(*goal) bool) *goal { return find(f.served(), is) }
	same := strings.EqualFold
	if id := f.meaning["goal_id"]; id != "" {
		if g := by(func(g *goal) bool { return g.Object == id && g != f.offer.Goals[0] }); g != nil {
			return g
		}
		return by(func(g *goal) bool { return same(g.Value, id) })
	}
	if value := f.meaning["goal"]; value != "" {
		return by(func(g *goal) bool { return same(g.Value, value) })
	}
	if name := f.meaning["goal_name"]; name != "" {
		return by(func(g *goal) bool {
			return same(g.Slug, name) || slices.ContainsFunc(g.Aliases, func(a string) bool { return same(a, name) })
		})
	}
	if ref := f.meaning["goal_ref"]; ref != "" {
		return by(func(g *goal) bool { return g.Ref == ref })
	}
	return f.offer.Goals[0]
}

// admitted checks keys and source.
func (f *facts) admitted() string {
	missing := false
	for _, level := range [][]string{f.network.Keys, f.advertiser.Keys, f.offer.Keys} {
		if len(level) == 0 {
			continue
		}
		f.keyed = true
		if !slices.ContainsFunc(f.keysGiven(), func(k string) bool { return slices.Contains(level, k) }) {
			missing = true
		}
	}
	f.proven = f.keyed && !missing
	from := netip.MustParseAddr(f.source)
	switch {
	case missing:
		return "bad_key"
	case len(f.advertiser.Sources) > 0 && !slices.ContainsFunc(f.advertiser.Sources, func(s string) bool { return netip.MustParsePrefix(s).Contains(from) }):
		return "source_denied"
	}
	return ""
}

func (m *model) goalFits(f *facts) string {
	f.keyed = len(f.network.Keys)+len(f.advertiser.Keys)+len(f.offer.Keys) > 0
	g := f.goal
	_, sealed := m.links[f.meaning["encrypted"]]
	switch {
	case f.session != "" && !f.byClick && !f.offer.ViewThrough:
		return "view_through_disabled"
	case (f.offer.GoalsOff || f.network.GoalsOff) && g != f.offer.Goals[0]:
		return "goals_disabled"
	case g == nil:
		return "unknown_goal"
	case g.State == "Deleted":
		return "goal_deleted"
	}
	secure := strings.HasSuffix(g.Protocol, "SSL") && f.protocol == "http"
	switch {
	case f.via == "click":
	case f.via == "" && !strings.HasPrefix(g.Protocol, "Server"),
		f.via == "image" && (!strings.HasPrefix(g.Protocol, "Image") || secure),
		f.via == "iframe" && (!strings.HasPrefix(g.Protocol, "IFrame") || secure):
		return "wrong_protocol"
	}
	required := g.Sealed == "Required" || g.Sealed == "" && f.network.Sealed
	if required && f.via != "" && !sealed {
		return "encryption_required"
	}
	return ""
}

// millionths reads a well-formed amount.
func millionths(text string) int64 {
	whole, rest, _ := strings.Cut(text, ".")
	v := int64(0)
	for _, digit := range whole + (rest + "000000")[:6] {
		v = v*10 + int64(digit-'0')
	}
	return v
}
