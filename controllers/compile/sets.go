package compile

import (
	"iter"
	"slices"
)

// maxFew is how many members a set keeps in a slice. Nearly all sets have one to
// five, and there are several for each offer: maps for them would be a tenth of
// the operator's memory.
const maxFew = 8

// nodeSet is a set of nodes.
type nodeSet struct {
	few  []*node
	many map[*node]struct{}
}

// sets are sets by key; an absent one is empty.
type sets[K comparable] map[K]*nodeSet

// enter adds a member to the set of a key.
func (s sets[K]) enter(key K, member *node) {
	set := s[key]
	if set == nil {
		set = &nodeSet{}
		s[key] = set
	}
	set.add(member)
}

// leave takes a member out of the set of a key.
func (s sets[K]) leave(key K, member *node) {
	set := s[key]
	if set == nil {
		return
	}
	set.remove(member)
	if set.len() == 0 {
		delete(s, key)
	}
}

// members iterates over the set of a key, which may be changed meanwhile only by
// taking out the member at hand.
func (s sets[K]) members(key K) iter.Seq[*node] {
	return func(yield func(*node) bool) {
		set := s[key]
		if set == nil {
			return
		}
		for _, member := range slices.Clone(set.few) {
			if !yield(member) {
				return
			}
		}
		for member := range set.many {
			if !yield(member) {
				return
			}
		}
	}
}

// len returns how many members the set of a key has.
func (s sets[K]) len(key K) int {
	if set := s[key]; set != nil {
		return set.len()
	}
	return 0
}

func (s *nodeSet) len() int { return len(s.few) + len(s.many) }

func (s *nodeSet) add(member *node) {
	switch {
	case s.many != nil:
		s.many[member] = struct{}{}
	case slices.Contains(s.few, member):
	case len(s.few) < maxFew:
		s.few = append(s.few, member)
	default:
		s.many = make(map[*node]struct{}, 2*maxFew)
		for _, m := range append(s.few, member) {
			s.many[m] = struct{}{}
		}
		s.few = nil
	}
}

func (s *nodeSet) remove(member *node) {
	if s.many != nil {
		delete(s.many, member)
		return
	}
	if i := slices.Index(s.few, member); i >= 0 {
		s.few = slices.Delete(s.few, i, i+1)
	}
}
