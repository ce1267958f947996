package plan

import (
	"cmp"
	"maps"
	"slices"

	"github.com/waypost/waypost/api/snapshot"
)

// configuration is the records of one side, by network.
type configuration struct {
	networks map[string]*network
}

// network finds the records of a network by kind and object name. Tombstones are
// left out: what they stand for is gone.
type network struct {
	records map[snapshot.Kind]map[string]*snapshot.Record
	// goals of an offer by value, the default goal included.
	goals map[string]map[string]*snapshot.Goal
	// payouts of a partner.
	payouts map[string][]*snapshot.Record
}

// newNetwork returns a network without records, but with a table for each kind, so that
// looking up what one side lacks needs no check.
func newNetwork() *network {
	n := &network{
		records: map[snapshot.Kind]map[string]*snapshot.Record{},
		goals:   map[string]map[string]*snapshot.Goal{},
		payouts: map[string][]*snapshot.Record{},
	}
	for kind := snapshot.KindNetwork; kind <= snapshot.KindPayoutStructure; kind++ {
		n.records[kind] = map[string]*snapshot.Record{}
	}
	return n
}

// newConfiguration sorts the records of one side into networks.
func newConfiguration(records []*snapshot.Record) configuration {
	c := configuration{networks: map[string]*network{}}
	for _, r := range records {
		if r.Tombstone() {
			continue
		}
		n := c.networks[r.Network]
		if n == nil {
			n = newNetwork()
			c.networks[r.Network] = n
		}
		n.add(r)
	}
	return c
}

// of returns a network, an empty one where there is none.
func (c configuration) of(name string) *network {
	if n := c.networks[name]; n != nil {
		return n
	}
	return newNetwork()
}

func (n *network) add(r *snapshot.Record) {
	n.records[r.Kind][r.Name] = r
	switch r.Kind {
	case snapshot.KindOffer:
		n.goal(r.Name, r.Offer.DefaultGoal)
	case snapshot.KindGoal:
		n.goal(r.Goal.Offer, r.Goal)
	case snapshot.KindPartnerPayout:
		n.payouts[r.PartnerPayout.Partner] = append(n.payouts[r.PartnerPayout.Partner], r)
	}
}

func (n *network) goal(offer string, g *snapshot.Goal) {
	if n.goals[offer] == nil {
		n.goals[offer] = map[string]*snapshot.Goal{}
	}
	n.goals[offer][g.Value] = g
}

// structure returns a payout structure by name, nil if there is none (pricing.Selection).
func (n *network) structure(name string) *snapshot.PayoutStructure {
	if r := n.records[snapshot.KindPayoutStructure][name]; r != nil {
		return r.Structure
	}
	return nil
}

// body is the network's own record, or the defaults of a namespace without one.
func (n *network) body() snapshot.Network {
	for _, r := range n.records[snapshot.KindNetwork] {
		return *r.NetworkBody
	}
	return snapshot.Network{}
}

// union returns the keys of both, sorted.
func union[K cmp.Ordered, A, B any](a map[K]A, b map[K]B) []K {
	keys := slices.AppendSeq(slices.Collect(maps.Keys(a)), maps.Keys(b))
	slices.Sort(keys)
	return slices.Compact(keys)
}

// both returns the keys that are in both, sorted.
func both[K cmp.Ordered, V any](a, b map[K]V) []K {
	var keys []K
	for k := range a {
		if _, ok := b[k]; ok {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	return keys
}
