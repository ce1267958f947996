package compile

import (
	"cmp"
	"slices"
	"strings"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/api/v1alpha1"
)

// DefaultNetworkName is the Name of the record of a namespace without a Network
// object. Such a record has no UID.
const DefaultNetworkName = "default"

// candidate is a Network object, or the defaults of a namespace without one (n
// is nil), in the competition for hosts.
type candidate struct {
	space   *space
	n       *node
	created int64
	// last says that it is the namespace's last candidate.
	last bool
}

// hostClaims says which network each host belongs to.
type hostClaims struct {
	byDomain map[string]*space
	// rest is the network without domains: it serves every other host.
	rest *space
}

// compileNetworks compares the networks of all namespaces: a namespace has one,
// a host belongs to one, and one network at most serves the hosts that belong to
// none. The oldest is served first, so it wins. There are few networks, so all
// are compared whenever one of them changes.
func (w *World) compileNetworks() {
	w.hosts = false
	claims := hostClaims{byDomain: map[string]*space{}}
	before := map[*space]networkState{}
	for _, s := range w.spaces {
		before[s] = networkState{s.settings, s.blocked}
		s.holder, s.reachable, s.blocked = nil, false, nil
	}
	var judged []*judgement
	for _, c := range w.candidates() {
		if c.n == nil {
			c.space.takeDefaults(&claims, c.created)
			continue
		}
		j := &judgement{space: c.space, n: c.n}
		j.judge(&claims)
		judged = append(judged, j)
		c.space.inheritHosts(&claims, c)
	}
	for _, s := range w.spaces {
		s.finishNetwork(&claims)
	}
	for _, j := range judged { // only now it is known what is served
		j.space.say(j.n, &j.findings, j.current)
	}
	for s, was := range before {
		if !was.same(s) {
			s.markAll()
		}
	}
}

// networkState is what the objects of a network see of it.
type networkState struct {
	settings settings
	blocked  *Problem
}

func (w networkState) same(s *space) bool {
	if w.settings != s.settings || (w.blocked == nil) != (s.blocked == nil) {
		return false
	}
	return w.blocked == nil || *w.blocked == *s.blocked
}

// candidates returns all networks, the oldest first.
func (w *World) candidates() []candidate {
	var list []candidate
	for _, s := range w.spaces {
		for n := range s.networks {
			list = append(list, candidate{space: s, n: n, created: n.created})
		}
		if len(s.networks) == 0 && s.objects > 0 {
			list = append(list, candidate{space: s, created: s.age()})
		}
	}
	slices.SortFunc(list, func(a, b candidate) int {
		return cmp.Or(compareCreated(a.created, b.created), strings.Compare(a.space.name, b.space.name), strings.Compare(a.name(), b.name()))
	})
	left := map[*space]int{}
	for i := range list {
		left[list[i].space]++
		list[i].last = left[list[i].space] == max(1, len(list[i].space.networks))
	}
	return list
}

func (c candidate) name() string {
	if c.n == nil {
		return ""
	}
	return c.n.name
}

// takeDefaults serves a namespace that has objects but no Network.
func (s *space) takeDefaults(claims *hostClaims, oldest int64) {
	if last := s.network.record; last != nil && s.world.partial && !s.declared {
		claims.take(s, last.NetworkBody) // its Network may be there, only not readable
		return
	}
	if claims.rest != nil {
		s.blocked = blockedBy(claims.rest)
		if last := s.network.record; last != nil {
			claims.take(s, last.NetworkBody) // of a Network that is gone: rather its hosts than none
		}
		return
	}
	claims.rest = s
	s.reachable = true
	s.put(s.network, &snapshot.Record{
		Kind: snapshot.KindNetwork, Network: s.name, Name: DefaultNetworkName, NetworkBody: defaultNetwork(oldest),
	})
}

func blockedBy(other *space) *Problem {
	return &Problem{Reason: v1alpha1.ReasonRefNotAccepted, Message: "network " + other.name +
		" answers on every host that no network names, and came first: give this one a Network with trackingDomains"}
}

// judgement is one Network object before the others.
type judgement struct {
	findings
	space *space
	n     *node
	// current says that the record of the namespace is this object's current form.
	current bool
}

// judge compiles the object and serves it if it may be served.
func (j *judgement) judge(claims *hostClaims) {
	s, record := j.space, j.space.newRecord(j.n)
	guard(&j.findings, func() {
		record.NetworkBody = s.buildNetwork(&j.findings, j.n, &j.n.object.(*v1alpha1.Network).Spec)
	})
	j.n.applyRefusal(&j.findings)
	if j.accepted() && s.holder != nil {
		j.problem(v1alpha1.ReasonConflicted, nil, "Network %.64q came first and counts for this namespace: delete one of them", s.holder.name)
	}
	reachable := j.accepted() && claims.compete(&j.findings, s, record.NetworkBody)
	j.n.accepted = j.accepted()
	if reachable {
		s.holder, s.reachable = j.n, true
		claims.take(s, record.NetworkBody)
		if len(j.missing) == 0 {
			j.current = true
			s.put(s.network, record)
		}
	}
	if last := s.network.record; last != nil && !j.current && j.n.owns(last) {
		s.holder = j.n
		claims.take(s, last.NetworkBody) // the last good form goes on, with the age of its object
	}
}

// inheritHosts keeps the hosts of a record whose object is gone, if none of the
// namespace's Networks can take its place. It acts at the youngest of them.
func (s *space) inheritHosts(claims *hostClaims, c candidate) {
	if last := s.network.record; c.last && s.holder == nil && last != nil {
		claims.take(s, last.NetworkBody)
	}
}

// compete takes the hosts from the body that belong to older networks, and
// reports whether any is left.
func (c *hostClaims) compete(f *findings, s *space, body *snapshot.Network) bool {
	at := root()
	domains := at.dot("trackingDomains")
	if len(body.TrackingDomains) == 0 {
		if c.rest != nil && c.rest != s {
			f.problem(v1alpha1.ReasonConflicted, &domains, "network %.64q has no domains either and came first: name the domains of this one", c.rest.name)
			return false
		}
		return true
	}
	var own []string
	for i, domain := range body.TrackingDomains {
		if other := c.byDomain[domain]; other != nil && other != s {
			entry := domains.at(i)
			f.problem(v1alpha1.ReasonConflicted, &entry, "%.64q belongs to network %.64q, which came first: remove it here or there", domain, other.name)
			continue
		}
		own = append(own, domain)
	}
	body.TrackingDomains = own
	return len(own) > 0
}

// take gives a network the hosts that are still free.
func (c *hostClaims) take(s *space, body *snapshot.Network) {
	if len(body.TrackingDomains) == 0 && c.rest == nil {
		c.rest = s
	}
	for _, domain := range body.TrackingDomains {
		if c.byDomain[domain] == nil {
			c.byDomain[domain] = s
		}
	}
}

// holds reports whether any host leads to the network in the form body.
func (c *hostClaims) holds(s *space, body *snapshot.Network) bool {
	if len(body.TrackingDomains) == 0 {
		return c.rest == s
	}
	return slices.ContainsFunc(body.TrackingDomains, func(domain string) bool { return c.byDomain[domain] == s })
}

// finishNetwork settles what a namespace takes from its network once all hosts
// are given away. A network that cannot be reached blocks what is new in it; what
// is served stays, because a mistake in one network must not empty another.
func (s *space) finishNetwork(claims *hostClaims) {
	record := s.network.record
	if s.objects == 0 {
		s.finishDeserted(claims)
		return
	}
	switch {
	case s.blocked != nil:
	case record == nil:
		s.blocked = &Problem{Reason: v1alpha1.ReasonRefNotAccepted, Message: "the Network of this namespace is not served: its status says why"}
	case !s.reachable && !claims.holds(s, record.NetworkBody):
		s.blocked = &Problem{Reason: v1alpha1.ReasonRefNotAccepted, Message: "no host leads to the Network of this namespace: its status says why"}
	}
	s.settings = settingsOf(record, s.world.options.PublicURL)
}

// finishDeserted looks after a namespace that has only tombstones. Its network
// stays with them, but not against one that is alive.
func (s *space) finishDeserted(claims *hostClaims) {
	if s.network.record == nil {
		return
	}
	record := *s.network.record
	body := *record.NetworkBody
	var own []string
	for _, domain := range body.TrackingDomains {
		if claims.byDomain[domain] == nil {
			own = append(own, domain)
		}
	}
	if len(own) == 0 && (len(body.TrackingDomains) > 0 || claims.rest != nil) {
		s.clear()
		return
	}
	body.TrackingDomains = own
	record.NetworkBody = &body
	s.put(s.network, &record)
}

// settingsOf returns what objects take from the record of their network.
func settingsOf(record *snapshot.Record, publicURL string) settings {
	body := defaultNetwork(0)
	if record != nil {
		body = record.NetworkBody
	}
	return settings{
		currency:         body.Currency,
		goalsDisabled:    body.GoalsDisabled,
		approvalDisabled: body.ApprovalDisabled,
		encrypted:        body.EncryptedTracking,
		base:             LinkBase(body, publicURL),
	}
}
