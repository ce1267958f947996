package release

import (
	"fmt"
	"slices"
	"time"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/api/v1alpha1"
	"github.com/waypost/waypost/controllers/publish"
	"github.com/waypost/waypost/controllers/status"
)

// networks are the networks by their namespaces.
type networks map[string]*network

// get returns a network, a new one where there is none.
func (n networks) get(name string) *network {
	if n[name] == nil {
		n[name] = &network{tokens: map[string][]string{}}
	}
	return n[name]
}

// isHeld reports whether the changes of a network are held.
func (n networks) isHeld(name string) bool { return n[name] != nil && n[name].held }

// held returns the networks on hold, each with the number of offers that had left
// before, for the next operator.
func (n networks) held() map[string]int {
	held := map[string]int{}
	for name, network := range n {
		if network.held {
			held[name] = network.before
		}
	}
	return held
}

// restore puts networks on hold as an earlier operator had them.
func (n networks) restore(held map[string]int) {
	for name, before := range held {
		network := n.get(name)
		network.held, network.before = true, before
	}
}

// key returns the key of a network's Network, without a name while it has none.
func (n networks) key(name string) status.Key {
	return status.Key{Kind: snapshot.KindNetwork, Namespace: name, Name: n.get(name).first()}
}

// removals returns which offers would go and come back in each network.
func (n networks) removals(records *records) map[string]*removal {
	removals := map[string]*removal{}
	records.offers(func(name, id string, gone bool) {
		network := n.get(name)
		if _, remembered := network.removed[id]; !gone && !remembered {
			return // one of very many in a new network
		}
		r := removals[name]
		if r == nil {
			r = &removal{}
			removals[name] = r
		}
		if gone {
			r.gone = append(r.gone, id)
		} else {
			r.came = append(r.came, id)
		}
	})
	return removals
}

// Network takes the confirmations from the annotations of a Network.
func (s *State) Network(key status.Key, annotations map[string]string, now time.Time) {
	n, tokens := s.networks.get(key.Namespace), publish.Tokens(annotations)
	if !slices.Equal(tokens, n.tokens[key.Name]) {
		s.window.note(now)
	}
	n.tokens[key.Name] = tokens
}

// NetworkGone forgets a Network. What lately left its network still counts.
func (s *State) NetworkGone(key status.Key) { delete(s.networks.get(key.Namespace).tokens, key.Name) }

// Held returns the Networks of the networks on hold, and how many networks these are.
func (s *State) Held() (keys []status.Key, count int) {
	for name, n := range s.networks {
		if !n.held {
			continue
		}
		count++
		for network := range n.tokens {
			keys = append(keys, status.Key{Kind: snapshot.KindNetwork, Namespace: name, Name: network})
		}
	}
	return keys, count
}

// judge holds the networks that would lose most of their offers, and returns what
// the publication of the others does to them.
func (s *State) judge(now time.Time) map[string]*removal {
	removals := s.networks.removals(s.records)
	for name, n := range s.networks {
		r, before := removals[name], n.hold
		if r == nil {
			r = &removal{}
		}
		tokens := slices.Clone(s.seen.requests.Confirmed)
		for _, own := range n.tokens {
			tokens = append(tokens, own...)
		}
		held := n.judge(name, s.records.live[name], r, tokens, now)
		if held {
			delete(removals, name)
		}
		switch {
		case held && n.hold != before:
			s.notices = append(s.notices, Notice{
				About: s.networks.key(name), Warning: true, Reason: v1alpha1.ReasonMassDeletionHeld, Action: "Hold" + n.hold.token, Note: s.heldBecause(name),
			})
		case !held && before != (hold{}):
			s.notices = append(s.notices, Notice{
				About: s.networks.key(name), Reason: "MassDeletionReleased", Action: actionPublish,
				Note: fmt.Sprintf("changes of network %s are published again", name),
			})
		}
	}
	return removals
}
