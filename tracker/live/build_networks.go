package live

import (
	"cmp"
	"slices"
	"strings"
)

// setNetworks replaces the Network records and makes networks and hosts anew
// from them. There are few, so they are not kept incrementally.
func (x *Index) setNetworks(records []*network) {
	records = slices.DeleteFunc(records, func(n *network) bool { return n.deleted })
	slices.SortFunc(records, compareNetworks)
	x.networks, x.byName = nil, make(map[string]int, len(records))
	for _, n := range records {
		if _, ok := x.byName[n.name]; ok {
			continue // of two records of one namespace the older counts
		}
		x.byName[n.name] = 0
		x.networks = append(x.networks, Network{Name: n.name, Body: n.body, Location: n.location, fallback: n.fallback})
	}
	// The networks are in order of precedence now, so the first to claim a host keeps it.
	hosts, hostless := map[string]string{}, ""
	for i := range x.networks {
		n := &x.networks[i]
		for _, domain := range n.Body.TrackingDomains {
			if name, ok := canonicalHost(nil, domain); ok && hosts[string(name)] == "" {
				hosts[string(name)] = n.Name
			}
		}
		if len(n.Body.TrackingDomains) == 0 && hostless == "" {
			hostless = n.Name
		}
	}
	slices.SortFunc(x.networks, func(a, b Network) int { return strings.Compare(a.Name, b.Name) })
	x.number(hosts, hostless)
}

// number turns network names into positions in networks.
func (x *Index) number(hosts map[string]string, hostless string) {
	for i := range x.networks {
		x.byName[x.networks[i].Name] = i
	}
	x.hosts = make(map[string]int, len(hosts))
	for host, name := range hosts {
		x.hosts[host] = x.byName[name]
	}
	x.hostless = -1
	if i, ok := x.byName[hostless]; ok {
		x.hostless = i
	}
}

// compareNetworks orders networks by precedence: the older first, then the
// smaller name (docs/decisions/0012-networks-side-by-side.md).
func compareNetworks(a, b *network) int {
	return cmp.Or(
		cmp.Compare(a.body.CreatedAt, b.body.CreatedAt),
		strings.Compare(a.name, b.name),
		strings.Compare(a.object, b.object),
	)
}
