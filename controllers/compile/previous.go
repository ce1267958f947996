package compile

import (
	"fmt"

	"github.com/waypost/waypost/api/snapshot"
)

// LoadPrevious takes the records that were published last, before the first
// Compile: they are the last good forms of objects, and the tombstones. Compile
// then reports only what differs from them. A record that is none of a network's
// is an error; the others are taken nevertheless.
func (w *World) LoadPrevious(records []*snapshot.Record) error {
	var first error
	for _, r := range records {
		if err := w.load(r); err != nil && first == nil {
			first = err
		}
	}
	w.hosts = true
	return first
}

func (w *World) load(r *snapshot.Record) error {
	if r == nil || r.Network == "" || r.Name == "" || !hasBody(r) {
		return fmt.Errorf("taking over a record: %+v has not the body of its kind", r)
	}
	s := w.space(r.Network)
	switch {
	case r.Kind == snapshot.KindNetwork && s.network.record != nil:
		return fmt.Errorf("taking over a record: namespace %q has two Networks, %q and %q", r.Network, s.network.record.Name, r.Name)
	case r.Kind == snapshot.KindNetwork:
		s.inherit(s.network, r)
	case r.Tombstone() && r.Kind != snapshot.KindAdvertiser:
		s.inherit(nil, r)
	default:
		n := s.node(r.Kind, r.Name)
		s.inherit(n, r)
		if r.Goal != nil {
			s.inheritGoal(n, r.Goal.Offer)
		}
		s.mark(n)
	}
	return nil
}

// inheritGoal enters a Goal under the offer that it was served with, which need
// not be the one that it names now.
func (s *space) inheritGoal(g *node, offer string) {
	if g.object == nil {
		g.offer = offer
	}
	s.goals.enter(offer, g)
	s.mark(s.node(snapshot.KindOffer, offer))
}

// inherit puts a record on the shelf as if it had always been there.
func (s *shelf) inherit(n *node, r *snapshot.Record) {
	s.set(r.Key(), entry{r, n})
	delete(s.before, r.Key())
	if n != nil {
		n.record = r
	}
}

// hasBody reports whether a record has exactly the body of its kind.
func hasBody(r *snapshot.Record) bool {
	bodies := map[snapshot.Kind]bool{
		snapshot.KindNetwork: r.NetworkBody != nil, snapshot.KindAdvertiser: r.Advertiser != nil,
		snapshot.KindPartner: r.Partner != nil, snapshot.KindOffer: r.Offer != nil, snapshot.KindGoal: r.Goal != nil,
		snapshot.KindPartnerPayout: r.PartnerPayout != nil, snapshot.KindPayoutStructure: r.Structure != nil,
	}
	count := 0
	for _, there := range bodies {
		if there {
			count++
		}
	}
	return count == 1 && bodies[r.Kind]
}
