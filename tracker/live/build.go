package live

import (
	"slices"
	"time"

	"github.com/waypost/waypost/api/snapshot"
)

// build makes the next index from a previous one and the changed shards. Its cost is
// that of the changed objects; everything else is shared. The previous index stays as
// it is, whether the build is finished or dropped.
//
// The tables are edited through editors that copy a bucket before its first change.
// Links between objects of different shards are made at the end (linkGoals), when both
// sides of each are there.
type build struct {
	next *Index
	id   uint64

	offersByHash   *editor[Offer]
	offersByName   *editor[Offer]
	partnersByHash *editor[Partner]
	partnersByName *editor[Partner]
	advertisers    *editor[Advertiser]
	structures     *editor[structure]
	payouts        *editor[payoutList]
	goals          *editor[goalSet]

	goalChanges map[offerName]*goalChange
	networks    []*network // all Network records, in memory of its own
	renetwork   bool       // a network came, went or changed
}

// offerName names an offer as its goals do.
type offerName struct{ network, name string }

// goalChange collects what becomes of the goals of one offer.
type goalChange struct{ removed, added []*Goal }

// advance returns the index after changes, for the revision of m. All removals come
// before all additions, so that no table ever holds both forms of an object.
func (x *Index) advance(m *snapshot.Manifest, changes []change, now time.Time) *Index {
	b := x.edit()
	for _, c := range changes {
		for _, o := range c.removed {
			b.remove(o)
		}
	}
	for _, c := range changes {
		b.next.shards[c.index] = c.next
		for _, o := range c.added {
			b.add(o)
		}
	}
	b.linkGoals()
	return b.finish(m, now)
}

// edit begins a build from x. The copy of the Index shares everything; the number of
// the build is the mark by which a build recognises its own values.
func (x *Index) edit() *build {
	next := *x
	next.builds++
	t := x.tables
	return &build{
		next: &next, id: next.builds,
		offersByHash: edit(t.offersByHash), offersByName: edit(t.offersByName),
		partnersByHash: edit(t.partnersByHash), partnersByName: edit(t.partnersByName),
		advertisers: edit(t.advertisers), structures: edit(t.structures),
		payouts: edit(t.payouts), goals: edit(t.goals),
		goalChanges: make(map[offerName]*goalChange),
		networks:    slices.Clone(x.records),
	}
}

// finish makes the built tables those of the next index. The list of networks is made
// anew in any case, because each Network points to the tables that it looks up in.
func (b *build) finish(m *snapshot.Manifest, now time.Time) *Index {
	x := b.next
	x.Revision, x.Digest, x.Pinned, x.LoadedAt = m.Revision, m.Digest, m.Pinned, now
	x.tables = &tables{
		offersByHash: b.offersByHash.table, offersByName: b.offersByName.table,
		partnersByHash: b.partnersByHash.table, partnersByName: b.partnersByName.table,
		advertisers: b.advertisers.table, structures: b.structures.table,
		payouts: b.payouts.table, goals: b.goals.table,
	}
	x.networks = slices.Clone(x.networks)
	if b.renetwork {
		x.records = b.networks
		x.setNetworks(slices.Clone(b.networks))
	}
	for i := range x.networks {
		x.networks[i].tables = x.tables
	}
	return x
}

// remove takes the object of a record that is gone, or has changed, out of the tables.
func (b *build) remove(o object) {
	key := o.key()
	b.next.counts[key.Kind]--
	switch o := o.(type) {
	case *network:
		b.renetwork = true
		b.networks = slices.DeleteFunc(b.networks, func(n *network) bool { return n == o })
	case *Advertiser:
		b.touch(nameHash(key))
		b.advertisers.remove(nameHash(key), o)
	case *Partner:
		b.touch(o.Hash)
		b.partnersByHash.remove(o.Hash, o)
		b.partnersByName.remove(snapshot.NameHash(key.Kind, key.Network, o.Name), o)
	case *Offer:
		b.removeOffer(o)
	case *Goal:
		c := b.goalsOf(o)
		c.removed = append(c.removed, o)
	case *payout:
		b.setPayouts(o, func(list []*payout) []*payout { return without(list, o) })
	case *structure:
		b.structures.remove(nameHash(key), o)
	}
}

// add puts the object of a record that is new, or has changed, into the tables.
func (b *build) add(o object) {
	key := o.key()
	b.next.counts[key.Kind]++
	switch o := o.(type) {
	case *network:
		b.renetwork = true
		b.networks = append(b.networks, o)
	case *Advertiser:
		b.touch(nameHash(key))
		b.advertisers.put(nameHash(key), o)
	case *Partner:
		b.touch(o.Hash)
		b.partnersByHash.put(o.Hash, o)
		b.partnersByName.put(snapshot.NameHash(key.Kind, key.Network, o.Name), o)
	case *Offer:
		b.addOffer(o)
	case *Goal:
		c := b.goalsOf(o)
		c.added = append(c.added, o)
	case *payout:
		b.setPayouts(o, func(list []*payout) []*payout { return with(list, o) })
	case *structure:
		b.structures.put(nameHash(key), o)
	}
}

// touch notes that what has this hash changes; see Index.Changed.
func (b *build) touch(hash uint64) { b.next.changed[hash%snapshot.Shards] = b.id }

// nameHash is the hash of an object that is looked up by its name alone.
func nameHash(k snapshot.Key) uint64 { return snapshot.NameHash(k.Kind, k.Network, k.ID) }
