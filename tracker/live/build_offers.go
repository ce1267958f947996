package live

import (
	"slices"

	"github.com/waypost/waypost/api/snapshot"
)

// nameHash is the hash of the offer's object name, the key of offersByName.
func (o *Offer) nameHash() uint64 {
	return snapshot.NameHash(snapshot.KindOffer, *o.network, o.Name)
}

// removeOffer takes an offer out. The tables may hold a later value of it than
// the shard's entry does, one with other goals; the body is the same.
func (b *build) removeOffer(o *Offer) {
	b.touch(o.Hash)
	for _, s := range b.offersByHash.table.bucket(o.Hash) {
		if s.value.Body == o.Body {
			b.offersByName.remove(o.nameHash(), s.value)
			b.offersByHash.remove(o.Hash, s.value)
			return
		}
	}
}

// addOffer puts an offer in; it is linked to its goals with those of the others
// whose goals change.
func (b *build) addOffer(o *Offer) {
	o.build = b.id
	b.touch(o.Hash)
	b.offersByHash.put(o.Hash, o)
	b.offersByName.put(o.nameHash(), o)
	b.goalChange(offerName{*o.network, o.Name})
}

// goalsOf returns the collected change of the goals that g belongs to.
func (b *build) goalsOf(g *Goal) *goalChange {
	return b.goalChange(offerName{*g.network, *g.offer})
}

// goalChange returns the collected change of an offer's goals, a new one if there is
// none. An offer without changed goals gets one too when it is new, so that linkGoals
// visits it.
func (b *build) goalChange(name offerName) *goalChange {
	c := b.goalChanges[name]
	if c == nil {
		c = &goalChange{}
		b.goalChanges[name] = c
	}
	return c
}

// linkGoals gives every offer that is new, or whose goals change, its goals. A
// goal may be there before its offer, so the sets have a table of their own.
func (b *build) linkGoals() {
	for name, c := range b.goalChanges {
		hash := snapshot.NameHash(snapshot.KindOffer, name.network, name.name)
		set := b.goalSet(hash, name)
		if len(c.removed)+len(c.added) > 0 {
			set = b.changeSet(hash, set, c)
		}
		for _, s := range slices.Clone(b.offersByName.table.bucket(hash)) {
			if s.hash == hash && *s.value.network == name.network && s.value.Name == name.name {
				b.linkOffer(s.value, set)
			}
		}
	}
}

// linkOffer gives an offer its goals, in a copy if a previous index has it.
func (b *build) linkOffer(o *Offer, set *goalSet) {
	if o.goals == set {
		return
	}
	if o.build == b.id {
		o.goals = set
		return
	}
	next := *o
	next.goals, next.build = set, b.id
	b.touch(o.Hash)
	b.offersByHash.replace(o.Hash, o, &next)
	b.offersByName.replace(o.nameHash(), o, &next)
}

// goalSet returns the goals of an offer as the tables have them, nil for none.
func (b *build) goalSet(hash uint64, name offerName) *goalSet {
	for _, s := range b.goals.table.bucket(hash) {
		if g := (*s.value)[0]; s.hash == hash && *g.network == name.network && *g.offer == name.name {
			return s.value
		}
	}
	return nil
}

// changeSet puts the changed set in the place of was, either of which may be
// nil for no goals.
func (b *build) changeSet(hash uint64, was *goalSet, c *goalChange) *goalSet {
	var old goalSet
	if was != nil {
		old = *was
	}
	next := old.with(c.removed, c.added)
	switch {
	case len(next) == 0 && was == nil:
		return nil
	case len(next) == 0:
		b.goals.remove(hash, was)
		return nil
	case was == nil:
		b.goals.put(hash, &next)
	default:
		b.goals.replace(hash, was, &next)
	}
	return &next
}
