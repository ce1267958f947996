package soak

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/tracker/clickid"
)

// traffic is what all senders share: the world, and everything that happened so far.
type traffic struct {
	minter *clickid.Minter // for ids of long ago
	links  map[string]sealedLink

	mu          sync.Mutex
	world       *world
	requests    []*request
	visits      []*visit
	known       map[string]*visit
	postbacks   []*request // for repetitions
	conversions []string   // for moderation
}

// sealedLink is what a goal's sealed parameter stands for.
type sealedLink struct{ network, offer, goal string }

// sender draws requests; each has a source of its own.
type sender struct {
	*traffic
	*rand.Rand
}

func (s *sender) one(list ...string) string { return list[s.IntN(len(list))] }
func (s *sender) chance(percent int) bool   { return s.IntN(100) < percent }

// register gives a request its number.
func (s *sender) register(q *request) *request {
	s.mu.Lock()
	defer s.mu.Unlock()
	q.serial = len(s.requests)
	s.requests = append(s.requests, q)
	switch q.path {
	case "/click", "/aff_c", "/", "/impression", "/imp", "/aff_i":
		q.meaning["sub10"] = fmt.Sprint(q.serial)
	default:
		q.agent = tag(q.serial)
	}
	return q
}

func (t *traffic) current() *world {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.world
}

func (t *traffic) addVisit(v *visit) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.visits, t.known[v.ID] = append(t.visits, v), v
}

var agents = map[string]string{
	"desktop": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36",
	"mobile":  "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 Mobile/15E148 Safari/604.1",
	"":        "curl/8.5.0",
}

func (s *sender) pair() (*network, *offer, *partner) {
	w := s.current()
	n := w.Networks[0]
	if s.chance(30) {
		n = w.Networks[1]
	}
	return n, n.Offers[s.IntN(len(n.Offers))], n.Partners[s.IntN(len(n.Partners))]
}

// arrival is a click or an impression.
func (s *sender) arrival(impression bool) *request {
	n, o, p := s.pair()
	q := &request{network: n.Name, path: s.one("/click", "/aff_c", "/"), source: fmt.Sprintf("198.51.100.%d", s.IntN(50)), meaning: map[string]string{
		"offer": o.ID, "partner": p.ID, "sub1": s.one("news", "a b&c", "ünï"), "sub2": s.one("", "vip", "push", "other"), "source": s.one("", "mail", "social"),
	}}
	if impression {
		q.path = s.one("/impression", "/imp", "/aff_i")
	}
	if s.chance(2) {
		q.meaning[s.one("offer", "partner")] = "nobody"
	}
	if s.chance(20) {
		q.meaning["ref"] = fmt.Sprint("ref", s.IntN(1000))
	}
	q.agent = agents[s.one("desktop", "mobile", "")]
	s.register(q).render(s.Rand)
	return q
}

// session picks a visit: mostly one of the last, so that senders meet on it.
func (s *sender) session() *visit {
	if s.chance(8) {
		return s.old()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.visits) == 0 {
		return nil
	}
	back := 80
	if s.chance(10) {
		back = len(s.visits)
	}
	return s.visits[max(0, len(s.visits)-1-s.IntN(back))]
}

// old is a visit of long ago whose row is nowhere.
func (s *sender) old() *visit {
	n, o, p := s.pair()
	at := time.Now().Add(-time.Duration(s.Int64N(int64(4 * time.Hour))))
	if s.chance(15) {
		at = at.AddDate(0, 0, -29-s.IntN(3))
	}
	v := &visit{Network: n.Name, Offer: o.Name, Partner: p.Name, Impression: s.chance(25)}
	mint := s.minter.AppendClick
	if v.Impression {
		mint = s.minter.AppendImpression
	}
	v.ID = string(mint(nil, at, snapshot.OfferHash(n.Name, o.ID), snapshot.PartnerHash(n.Name, p.ID)))
	v.Seconds = secondsOf(v.ID)
	s.addVisit(v)
	return v
}

// report is a postback, or a pixel.
func (s *sender) report() *request {
	if s.chance(14) {
		if q := s.again(); q != nil {
			return q
		}
	}
	v := s.session()
	if v == nil {
		return s.arrival(false)
	}
	w := s.current()
	n := w.network(v.Network)
	o := n.offer(v.Offer)
	g := o.Goals[s.IntN(len(o.Goals))]
	q := &request{network: n.Name, path: s.one("/postback", "/postback", "/aff_lsr", "/aff_goal"), meaning: map[string]string{}}
	if v.Impression {
		q.meaning["aimp_id"] = v.ID
	} else {
		q.meaning["click"] = v.ID
	}
	s.fill(q, n, o, g)
	s.door(q, n, o, g, v)
	s.spoil(q, v)
	return s.finish(q)
}

func (s *sender) finish(q *request) *request {
	s.register(q).render(s.Rand)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.postbacks = append(s.postbacks, q)
	return q
}

// fill says what an advertiser says.
func (s *sender) fill(q *request, n *network, o *offer, g *goal) {
	m := q.meaning
	switch s.IntN(6) {
	case 0:
		m["goal_id"] = s.one(g.Value, s.mixed(g.Value))
		if g != o.Goals[0] && s.chance(50) {
			m["goal_id"] = g.Object
		}
	case 1:
		m["goal_name"] = s.mixed(g.Slug)
		if len(g.Aliases) > 0 && s.chance(30) {
			m["goal_name"] = g.Aliases[0]
		}
	case 2:
		m["goal_ref"] = g.Ref
	case 3:
		if g == o.Goals[0] && s.chance(70) {
			break // none is the default goal
		}
		m["goal_id"], m["goal"], m["goal_name"] = "", g.Value, "ignored"
	default:
		m["goal"] = s.mixed(g.Value)
	}
	if s.chance(35) {
		m["order"] = fmt.Sprintf("o%d", s.IntN(60)+len(s.postbacks)/30)
	} else if s.chance(5) {
		m["order"] = s.one("undefined", "null", "0", "N/A", "'null'")
	}
	if s.chance(50) {
		m["amount"] = s.amount()
	}
	if s.chance(33) {
		m["status"] = s.status()
	}
	for name, values := range map[string][]string{
		"currency": {o.currency(n), strings.ToLower(o.currency(n)), "CHF", ""}, "promo_code": {"AUTUMN", "spring"}, "adv_sub1": {"RN-1", "AU", "x"},
		"comment": {"thanks", "ok?"}, "custom_field1": {"1", "two"}, "custom_field15": {"fifteen"},
	} {
		if s.chance(12) {
			m[name] = s.one(values...)
		}
	}
	s.present(q, n, o)
}

func (s *sender) mixed(text string) string {
	return s.one(text, strings.ToUpper(text), strings.ToLower(text))
}

func (s *sender) amount() string {
	switch s.IntN(40) {
	case 0:
		return s.one("1,50", "-1", "1e3", "1 5", ".5", "5.", "1234567890", "1.1234567")
	case 1:
		return ""
	case 2:
		return "999999999.999999"
	}
	return s.one(fmt.Sprintf("%d.%02d", s.IntN(200), s.IntN(100)), fmt.Sprint(s.IntN(300)), fmt.Sprintf("%d.%06d", s.IntN(9), s.IntN(1_000_000)))
}

func (s *sender) status() string {
	return s.one("approved", "1", "Approved", "pending", "2", "rejected", "declined", "3", "hold", "5", "", "maybe", "approved", "rejected")
}

// present gives the keys that are asked for, most of the time.
func (s *sender) present(q *request, n *network, o *offer) {
	var keys []string
	for _, level := range [][]string{n.Keys, o.Keys, n.advertiser(o.Advertiser).Keys} {
		if len(level) > 0 && !s.chance(8) {
			keys = append(keys, s.one(level...))
		}
	}
	if s.chance(5) {
		keys = append(keys, "a-wrong-key")
	}
	for _, k := range keys {
		if q.bearer == "" && s.chance(30) {
			q.bearer = k
			continue
		}
		q.keys = append(q.keys, param{spelled(s.Rand, "key"), k})
	}
	q.source = fmt.Sprintf("203.0.113.%d", s.IntN(140))
	if s.chance(20) {
		q.source = "2001:db8::7"
	}
}

// door sends some through the pixels, and the partner's own without a session.
func (s *sender) door(q *request, n *network, o *offer, g *goal, v *visit) {
	switch {
	case g.Protocol == "ServerPartner" && s.chance(60):
		delete(q.meaning, "click")
		delete(q.meaning, "aimp_id")
		q.meaning["offer"], q.meaning["partner"] = o.ID, n.partner(v.Partner).ID
	case strings.HasPrefix(g.Protocol, "I") && s.chance(75):
		q.path = s.one("/aff_l", map[bool]string{true: "/pixel.gif", false: "/pixel.html"}[strings.HasPrefix(g.Protocol, "Image")])
	case s.chance(6):
		q.path = s.one("/pixel.gif", "/click.gif", "/click.gif", "/aff_l")
	}
	switch q.path {
	case "/postback":
		q.body = s.one("", "", "form", "json")
		return
	case "/aff_lsr", "/aff_goal":
		return
	}
	q.protocol = s.one("", "https", "https", "http")
	if s.chance(90) {
		q.meaning["offer"] = o.ID
	}
	for text, link := range s.links {
		if link.network == n.Name && link.offer == o.Name && link.goal == g.Value && s.chance(80) {
			q.meaning["encrypted"] = text
		}
	}
}

// spoil makes some of them wrong.
func (s *sender) spoil(q *request, v *visit) {
	m := q.meaning
	switch s.IntN(60) {
	case 0:
		m[s.one("goal", "amount", "order", "currency")] = s.one("{payout}", "#s1#", "<AMOUNT>", "[X]", "__ID__", "$id", "%%ID%%", ":order_id", "%s")
	case 1:
		delete(m, "click")
		delete(m, "aimp_id")
	case 2:
		tampered := []byte(v.ID)
		at := s.IntN(len(tampered) - 1)
		tampered[at] = map[bool]byte{true: 'B', false: 'A'}[tampered[at] == 'A']
		m["click"] = string(tampered)
	case 3:
		m["click"], m["aimp_id"] = m["aimp_id"], m["click"] // one is not the other
	case 4:
		m["goal"], m["goal_id"] = s.one("nope", "77"), ""
	case 5:
		m["test"] = "1"
	case 6:
		if q.network == "net-a" {
			q.network = "net-b" // an id of another network
		}
	case 7:
		if other := s.session(); other != nil && other.Impression && other.Network == q.network && m["click"] != "" {
			m["aimp_id"] = other.ID // both: the click decides
		}
	}
}

// again repeats an earlier postback: the very same, or with another status or amount.
func (s *sender) again() *request {
	s.mu.Lock()
	if len(s.postbacks) == 0 {
		s.mu.Unlock()
		return nil
	}
	back := 60
	if s.chance(25) {
		back = 2000
	}
	earlier := s.postbacks[max(0, len(s.postbacks)-1-s.IntN(back))]
	s.mu.Unlock()
	if s.chance(40) {
		return earlier
	}
	n := *earlier
	n.params, n.meaning, n.keys = nil, maps.Clone(earlier.meaning), slices.Clone(earlier.keys)
	if s.chance(80) {
		n.meaning["status"] = s.status()
	}
	if s.chance(40) {
		n.meaning["amount"] = s.amount()
	}
	return s.finish(&n)
}
