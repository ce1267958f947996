package release

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/controllers/compile"
	"github.com/waypost/waypost/controllers/publish"
	"github.com/waypost/waypost/controllers/status"
)

// offer makes the record of an offer whose name may differ from its tracking id.
func offer(network, name, id string, generation int64) *snapshot.Record {
	return &snapshot.Record{
		Kind: snapshot.KindOffer, Network: network, Name: name, Generation: generation, UID: name,
		Offer: &snapshot.Offer{TrackingID: id},
	}
}

func gone(r *snapshot.Record) *snapshot.Record {
	tombstone := *r
	tombstone.DeletedAt = 1
	return &tombstone
}

func nobody(string) bool    { return false }
func everybody(string) bool { return true }

func upsert(records ...*snapshot.Record) compile.Delta { return compile.Delta{Upserted: records} }

// model is what trackers would serve: the plain map that records is clever about.
type model map[snapshot.Key]*snapshot.Record

func (m model) take(contents []publish.Content, refused ...snapshot.Key) {
	for _, c := range contents {
		maps.DeleteFunc(m, func(key snapshot.Key, _ *snapshot.Record) bool { return snapshot.ShardOf(key) == c.Index })
		for _, r := range c.Records {
			if !slices.Contains(refused, r.Key()) {
				m[r.Key()] = r
			} else if before := c.Before[r.Key()]; before != nil {
				m[r.Key()] = before
			}
		}
	}
}

func TestRecordsPublishes(t *testing.T) {
	b, served := newRecords(), model{}
	publishAll := func(held ...string) []publish.Content {
		contents := b.contents(func(network string) bool { return slices.Contains(held, network) })
		served.take(contents)
		b.commit(contents, nil)
		return contents
	}
	a := offer("shop", "a", "1001", 1)
	b.apply(upsert(a, offer("mall", "b", "1", 1)))
	if !b.differs(objectOf(a)) || len(b.contents(nobody)) != 2 {
		t.Fatal("two new records are not to be published")
	}
	publishAll()
	if b.differs(objectOf(a)) || len(b.contents(nobody)) != 0 || len(served) != 2 || b.live["shop"] != 1 {
		t.Fatalf("after the publication: %v", served)
	}

	// Back and forth is no change.
	b.apply(upsert(offer("shop", "a", "1001", 2)))
	b.apply(upsert(offer("shop", "a", "1001", 1)))
	if b.differs(objectOf(a)) || len(b.contents(nobody)) != 0 {
		t.Error("an edit that was taken back is to be published")
	}

	// A held network stays as it is, the other one goes on.
	b.apply(upsert(offer("shop", "a", "1001", 3), offer("mall", "b", "1", 2)))
	publishAll("shop")
	if served[a.Key()].Generation != 1 || served[offer("mall", "b", "1", 0).Key()].Generation != 2 {
		t.Errorf("with shop held: %v", served)
	}
	if !b.differs(objectOf(a)) || len(b.contents(everybody)) != 0 {
		t.Error("the held edit is forgotten, or published all the same")
	}
	publishAll()
	if served[a.Key()].Generation != 3 {
		t.Errorf("after the hold: %v", served)
	}

	b.apply(compile.Delta{Removed: []snapshot.Key{a.Key()}})
	publishAll()
	if len(served) != 1 || b.live["shop"] != 0 {
		t.Errorf("after a removal: %v, %v", served, b.live)
	}
}

func TestRecordsRefused(t *testing.T) {
	b, served := newRecords(), model{}
	first := offer("shop", "a", "1001", 1)
	b.load([]*snapshot.Record{first})
	served[first.Key()] = first
	b.apply(upsert(offer("shop", "a", "1001", 2)))
	contents := b.contents(nobody)
	served.take(contents, first.Key())
	b.commit(contents, []snapshot.Key{first.Key()})
	if served[first.Key()] != first || !b.differs(objectOf(first)) {
		t.Error("a refused record counts as published")
	}
	b.apply(upsert(first)) // what the compiler says to the refusal
	if b.differs(objectOf(first)) || len(b.contents(nobody)) != 0 {
		t.Error("the last good form is to be published again")
	}
}

func TestRecordsRepair(t *testing.T) {
	b := newRecords()
	a := offer("shop", "a", "1001", 1)
	b.load([]*snapshot.Record{a})
	index := snapshot.ShardOf(a.Key())
	b.repair(index)
	contents := b.contents(nobody)
	if len(contents) != 1 || contents[0].Index != index || len(contents[0].Records) != 1 || len(contents[0].Before) != 0 {
		t.Fatalf("contents %+v", contents)
	}
	b.commit(contents, nil)
	if len(b.contents(nobody)) != 0 {
		t.Error("repaired twice")
	}
	b.repairAll()
	if len(b.contents(nobody)) != snapshot.Shards {
		t.Error("not every shard is repaired")
	}
}

func TestRecordsOffers(t *testing.T) {
	b := newRecords()
	a, c := offer("shop", "a", "1", 1), offer("shop", "c", "3", 1)
	b.load([]*snapshot.Record{a, c, gone(offer("shop", "d", "4", 1))})
	if b.live["shop"] != 2 {
		t.Fatalf("live: %v; tombstones are none", b.live)
	}
	b.apply(upsert(gone(a), offer("shop", "b", "2", 1), offer("shop", "d", "4", 2), offer("shop", "c2", "3", 1)))
	b.apply(compile.Delta{Removed: []snapshot.Key{}})
	got := map[string]bool{}
	b.offers(func(_, id string, gone bool) { got[id] = gone })
	want := map[string]bool{"1": true, "2": false, "4": false} // 3 was recreated under its id
	if !maps.Equal(got, want) {
		t.Errorf("offers() = %v, want %v", got, want)
	}
}

// A tracking id that goes from one object to another concerns both.
func TestRecordsObjectsOfOneID(t *testing.T) {
	b := newRecords()
	a := offer("shop", "a", "1", 1)
	b.load([]*snapshot.Record{a})
	b.apply(upsert(offer("shop", "b", "1", 1)))
	for _, name := range []string{"a", "b"} {
		if !b.differs(status.Key{Kind: snapshot.KindOffer, Namespace: "shop", Name: name}) {
			t.Errorf("%s does not differ", name)
		}
	}
	b.commit(b.contents(nobody), nil)
	if len(b.open) != 0 {
		t.Errorf("open: %v", b.open)
	}
}

func TestRecordsRollback(t *testing.T) {
	b := newRecords()
	old, kept := offer("shop", "a", "1", 1), offer("shop", "gone", "2", 1)
	now, added := offer("shop", "a", "1", 5), offer("shop", "new", "3", 1)
	b.load([]*snapshot.Record{now, added})
	indexes := []int{snapshot.ShardOf(old.Key()), snapshot.ShardOf(kept.Key()), snapshot.ShardOf(added.Key())}
	b.republish(indexes, []*snapshot.Record{old, kept})
	for _, r := range []*snapshot.Record{now, kept, added} {
		if !b.differs(objectOf(r)) {
			t.Errorf("%s does not differ", r.Name)
		}
	}
	if b.live["shop"] != 2 {
		t.Errorf("live: %v", b.live)
	}
	served := model{old.Key(): old, kept.Key(): kept}
	served.take(b.contents(nobody))
	b.commit(b.contents(nobody), nil)
	if len(served) != 2 || served[now.Key()] != now || served[added.Key()] != added || len(b.open) != 0 || b.live["shop"] != 2 {
		t.Errorf("after the release: %v, open %v, live %v", served, b.open, b.live)
	}
}

// Whatever happens in whatever order, it knows what trackers serve, and
// publishes what is wanted.
func TestRecordsAgainstModel(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	b, served, wanted := newRecords(), model{}, model{}
	for step := range 3000 {
		r := offer(fmt.Sprint("n", random.IntN(3)), fmt.Sprint("o", random.IntN(6)), fmt.Sprint(random.IntN(20)), random.Int64N(4))
		switch random.IntN(6) {
		case 0:
			delete(wanted, r.Key())
			b.apply(compile.Delta{Removed: []snapshot.Key{r.Key()}})
		case 1:
			wanted[r.Key()] = gone(r)
			b.apply(upsert(wanted[r.Key()]))
		case 2:
			held := fmt.Sprint("n", random.IntN(4))
			contents := b.contents(func(network string) bool { return network == held })
			served.take(contents)
			b.commit(contents, nil)
		case 3:
			if random.IntN(10) == 0 {
				rollback(random, b, served)
			}
		default:
			wanted[r.Key()] = r
			b.apply(upsert(r))
		}
		check(t, step, b, served, wanted)
	}
	contents := b.contents(nobody)
	served.take(contents)
	b.commit(contents, nil)
	if !maps.EqualFunc(served, wanted, equal) || len(b.open) != 0 {
		t.Errorf("in the end %d are served, %d wanted, %d open", len(served), len(wanted), len(b.open))
	}
}

// rollback makes other records the published ones, in a few shards.
func rollback(random *rand.Rand, b *records, served model) {
	var indexes []int
	var records []*snapshot.Record
	for range 5 {
		r := offer("n1", fmt.Sprint("old", random.IntN(9)), fmt.Sprint(random.IntN(20)), 1)
		index := snapshot.ShardOf(r.Key())
		if slices.Contains(indexes, index) {
			continue
		}
		indexes, records = append(indexes, index), append(records, r)
		maps.DeleteFunc(served, func(key snapshot.Key, _ *snapshot.Record) bool { return snapshot.ShardOf(key) == index })
		served[r.Key()] = r
	}
	b.republish(indexes, records)
}

func check(t *testing.T, step int, b *records, served, wanted model) {
	t.Helper()
	lives, open := map[string]int{}, map[status.Key]bool{}
	for key := range union(served, wanted) {
		s := &b.shards[snapshot.ShardOf(key)]
		published, differs := s.replaced[key]
		if !differs {
			published = s.wanted[key]
		}
		if !equal(published, served[key]) || !equal(s.wanted[key], wanted[key]) || differs == equal(served[key], wanted[key]) {
			t.Fatalf("step %d: under %v it has published %v and wants %v", step, key, published, s.wanted[key])
		}
		if isLive(served[key]) {
			lives[key.Network]++
		}
		if differs {
			for _, r := range []*snapshot.Record{s.wanted[key], published} {
				if r != nil {
					open[objectOf(r)] = true
				}
			}
		}
	}
	if !maps.Equal(lives, b.live) || len(open) != len(b.open) {
		t.Fatalf("step %d: live %v, want %v; %d open, want %d", step, b.live, lives, len(b.open), len(open))
	}
}

func union(a, b model) map[snapshot.Key]bool {
	all := map[snapshot.Key]bool{}
	for _, m := range []model{a, b} {
		for key := range m {
			all[key] = true
		}
	}
	return all
}
