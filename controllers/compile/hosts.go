package compile

import (
	"cmp"
	"slices"
	"strings"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/api/v1alpha1"
)

// defaultNetworkName is the Name of the record of a namespace without a Network
// object. Such a record has no UID.
const defaultNetworkName = "default"

// candidate is a Network object, or the defaults of a namespace without one (n
// is nil), in the competition for hosts.
type candidate struct {
	namespace *namespace
	n         *node
	created   int64
	// last reports that it is the namespace's last candidate.
	last bool
}

// hostClaims holds which network each host belongs to.
type hostClaims struct {
	byDomain map[string]*namespace
	// rest is the network without domains: it serves every other host.
	rest *namespace
}

// networkState is which network a namespace has.
type networkState struct {
	// node owns the record of the Network, whichever object it was made of; holder is
	// the object that counts.
	node, holder *node
	// reachable is set while hosts lead to the holder's current form.
	reachable bool
	// settings are what the other objects take from the record.
	settings settings
	// blocked is why objects that are not served yet cannot be: the namespace has
	// no network that can be reached. Nil while all is well.
	blocked *Problem
}

// settings are what the objects of a network take from its Network.
type settings struct {
	currency         string
	goalsDisabled    bool
	approvalDisabled bool
	encrypted        bool
	base             string // beginning of links
}

// sameToObjects reports whether the objects of the network see no difference.
func (n networkState) sameToObjects(o networkState) bool {
	if n.settings != o.settings || (n.blocked == nil) != (o.blocked == nil) {
		return false
	}
	return n.blocked == nil || *n.blocked == *o.blocked
}

// compileNetworks compares the networks of all namespaces: a namespace has one,
// a host belongs to one, and one network at most serves the hosts that belong to
// none. The oldest is served first, so it wins. There are few networks, so all
// are compared whenever one of them changes.
func (c *Compiler) compileNetworks() {
	c.hosts = false
	claims := hostClaims{byDomain: map[string]*namespace{}}
	before := map[*namespace]networkState{}
	for _, s := range c.namespaces {
		before[s] = s.network
		s.network.holder, s.network.reachable, s.network.blocked = nil, false, nil
	}
	var reports []func()
	for _, candidate := range c.candidates() {
		s := candidate.namespace
		if candidate.n == nil {
			claims.takeDefaults(s, candidate.created)
			continue
		}
		b, current := claims.compile(s, candidate.n)
		reports = append(reports, func() { s.report(candidate.n, b, current) })
		claims.inherit(candidate)
	}
	for _, s := range c.namespaces {
		claims.finish(s)
	}
	for _, report := range reports { // only now it is known what is served
		report()
	}
	for s, was := range before {
		if !was.sameToObjects(s.network) {
			s.graph.markAll()
		}
	}
}

// candidates returns all networks, the oldest first.
func (c *Compiler) candidates() []candidate {
	var list []candidate
	for _, s := range c.namespaces {
		for n := range s.graph.networks {
			list = append(list, candidate{namespace: s, n: n, created: n.created})
		}
		if len(s.graph.networks) == 0 && s.graph.objects > 0 {
			list = append(list, candidate{namespace: s, created: s.graph.age()})
		}
	}
	slices.SortFunc(list, func(a, b candidate) int {
		return cmp.Or(compareCreated(a.created, b.created), strings.Compare(a.namespace.name, b.namespace.name), strings.Compare(a.name(), b.name()))
	})
	left := map[*namespace]int{}
	for i := range list {
		left[list[i].namespace]++
		list[i].last = left[list[i].namespace] == max(1, len(list[i].namespace.graph.networks))
	}
	return list
}

// name is that of the Network object, "" for the defaults.
func (c candidate) name() string {
	if c.n == nil {
		return ""
	}
	return c.n.name
}

// takeDefaults serves a namespace that has objects but no Network: with the defaults, on
// every host that no network names. Only one network can be reached in that way. A second
// one is blocked, and keeps the hosts of the Network that it had, if there was one.
func (c *hostClaims) takeDefaults(s *namespace, oldest int64) {
	last := s.network.node.record
	if last != nil && s.compiler.partial && !s.graph.declared {
		c.take(s, last.NetworkBody) // its Network may be there, only not readable
		return
	}
	if c.rest != nil {
		s.network.blocked = blockedBy(c.rest)
		if last != nil {
			c.take(s, last.NetworkBody) // of a Network that is gone: rather its hosts than none
		}
		return
	}
	c.rest = s
	s.network.reachable = true
	s.records.put(s.network.node, &snapshot.Record{
		Kind: snapshot.KindNetwork, Network: s.name, Name: defaultNetworkName, NetworkBody: defaultNetwork(oldest),
	})
}

// blockedBy is why the objects of a network without hosts wait.
func blockedBy(other *namespace) *Problem {
	return &Problem{Reason: v1alpha1.ReasonRefNotAccepted, Message: "network " + other.name +
		" answers on every host that no network names, and came first: give this one a Network with trackingDomains"}
}

// compile compiles a Network object, serves it if it may be served, and reports
// whether its current form is served.
func (c *hostClaims) compile(s *namespace, n *node) (b *builder, current bool) {
	b, record := s.build(n, ruleOf[n.kind].build)
	if b.accepted() && s.network.holder != nil {
		b.problem(v1alpha1.ReasonConflicted, nil, "Network %.64q came first and counts for this namespace: delete one of them", s.network.holder.name)
	}
	reachable := b.accepted() && c.compete(&b.findings, s, record.NetworkBody)
	n.accepted = b.accepted()
	if reachable {
		s.network.holder, s.network.reachable = n, true
		c.take(s, record.NetworkBody)
		if len(b.missing) == 0 {
			current = true
			s.records.put(s.network.node, record)
		}
	}
	if last := s.network.node.record; last != nil && !current && n.owns(last) {
		s.network.holder = n
		c.take(s, last.NetworkBody) // the last good form goes on, with the age of its object
	}
	return b, current
}

// inherit keeps the hosts of a record whose object is gone, if none of the
// namespace's Networks can take its place. It acts at the youngest of them.
func (c *hostClaims) inherit(from candidate) {
	if s := from.namespace; from.last && s.network.holder == nil && s.network.node.record != nil {
		c.take(s, s.network.node.record.NetworkBody)
	}
}

// compete takes the hosts from the body that belong to older networks, and
// reports whether any is left.
func (c *hostClaims) compete(f *findings, s *namespace, body *snapshot.Network) bool {
	domains := root.dot("trackingDomains")
	if len(body.TrackingDomains) == 0 {
		if c.rest != nil && c.rest != s {
			f.problem(v1alpha1.ReasonConflicted, domains, "network %.64q has no domains either and came first: name the domains of this one", c.rest.name)
			return false
		}
		return true
	}
	var own []string
	for i, domain := range body.TrackingDomains {
		if other := c.byDomain[domain]; other != nil && other != s {
			f.problem(v1alpha1.ReasonConflicted, domains.at(i), "%.64q belongs to network %.64q, which came first: remove it here or there", domain, other.name)
			continue
		}
		own = append(own, domain)
	}
	body.TrackingDomains = own
	return len(own) > 0
}

// take gives a network the hosts that are still free.
func (c *hostClaims) take(s *namespace, body *snapshot.Network) {
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
func (c *hostClaims) holds(s *namespace, body *snapshot.Network) bool {
	if len(body.TrackingDomains) == 0 {
		return c.rest == s
	}
	return slices.ContainsFunc(body.TrackingDomains, func(domain string) bool { return c.byDomain[domain] == s })
}

// finish determines what a namespace takes from its network once all hosts
// are given away. A network that cannot be reached blocks what is new in it; what
// is served stays, because a mistake in one network must not empty another.
func (c *hostClaims) finish(s *namespace) {
	record := s.network.node.record
	if s.graph.objects == 0 {
		c.finishDeserted(s)
		return
	}
	switch {
	case s.network.blocked != nil:
	case record == nil:
		s.network.blocked = &Problem{Reason: v1alpha1.ReasonRefNotAccepted, Message: "the Network of this namespace is not served: its status has the reason"}
	case !s.network.reachable && !c.holds(s, record.NetworkBody):
		s.network.blocked = &Problem{Reason: v1alpha1.ReasonRefNotAccepted, Message: "no host leads to the Network of this namespace: its status has the reason"}
	}
	s.network.settings = settingsOf(record, s.compiler.options.PublicURL)
}

// finishDeserted looks after a namespace that has only tombstones. Its network
// stays with them, but not against one that is alive.
func (c *hostClaims) finishDeserted(s *namespace) {
	if s.network.node.record == nil {
		return
	}
	record := *s.network.node.record
	body := *record.NetworkBody
	var own []string
	for _, domain := range body.TrackingDomains {
		if c.byDomain[domain] == nil {
			own = append(own, domain)
		}
	}
	if len(own) == 0 && (len(body.TrackingDomains) > 0 || c.rest != nil) {
		s.records.clear()
		return
	}
	body.TrackingDomains = own
	record.NetworkBody = &body
	s.records.put(s.network.node, &record)
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
		base:             linkBase(body, publicURL),
	}
}
