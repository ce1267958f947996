package live

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/waypost/waypost/api/snapshot"
)

// lookUps are what a decision follows from, by the hash that Changed is asked for.
func lookUps(x *Index) map[uint64]any {
	found := map[uint64]any{}
	for _, name := range []string{"default", "other"} {
		n := x.NetworkByName(name)
		if n == nil {
			n = &Network{Name: name, tables: x.tables} // its objects may be there before it
		}
		for i := range names {
			id, object := fmt.Sprint(i), fmt.Sprintf("n%d", i)
			found[snapshot.OfferHash(name, id)] = n.Offer(id)
			found[snapshot.PartnerHash(name, id)] = n.Partner(id)
			found[AdvertiserHash(name, object)] = n.Advertiser(object)
		}
	}
	return found
}

// Whatever is another object than it was, or is gone, has changed since; most of what
// an edit leaves alone has not.
func TestChangedTellsWhatIsAnotherThanBefore(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 1))
	records := map[snapshot.Key]*snapshot.Record{}
	steps := []*Index{Empty()}
	for revision := int64(1); revision <= 25; revision++ {
		editWorld(records, random)
		steps = append(steps, advanceTo(t, steps[revision-1], revision, records))
	}
	last := steps[len(steps)-1]
	now, same, unchanged := lookUps(last), 0, 0
	for _, before := range steps[:len(steps)-1] {
		if !last.Follows(before) {
			t.Fatalf("build %d is not said to follow %d", last.Build(), before.Build())
		}
		for hash, was := range lookUps(before) {
			switch changed := last.Changed(hash) > before.Build(); {
			case now[hash] != was && !changed:
				t.Fatalf("%v of build %d is %v in build %d, and has not changed since", was, before.Build(), now[hash], last.Build())
			case now[hash] == was:
				same++
				if !changed {
					unchanged++
				}
			}
		}
	}
	if unchanged < same/2 {
		t.Errorf("of %d look-ups that find the same only %d are known to", same, unchanged)
	}
}

// Each way in which something changes, alone.
func TestChangedIsOfEachChange(t *testing.T) {
	edited := func(r *snapshot.Record) *snapshot.Record { r.Generation++; return r }
	offer, goal := offerRecord("shoes", "1001"), goalRecord("purchase", "shoes", "2")
	for _, test := range []struct {
		what        string
		before, now []*snapshot.Record
		hash        uint64
	}{
		{"an advertiser", []*snapshot.Record{advertiserRecord("acme")}, []*snapshot.Record{edited(advertiserRecord("acme"))}, AdvertiserHash("default", "acme")},
		{"a partner", []*snapshot.Record{partnerRecord("blog", "2002")}, []*snapshot.Record{edited(partnerRecord("blog", "2002"))}, snapshot.PartnerHash("default", "2002")},
		{"an offer", []*snapshot.Record{offer}, []*snapshot.Record{edited(offerRecord("shoes", "1001"))}, snapshot.OfferHash("default", "1001")},
		{"a goal", []*snapshot.Record{offer, goal}, []*snapshot.Record{offer, edited(goalRecord("purchase", "shoes", "2"))}, snapshot.OfferHash("default", "1001")},
		{"a goal alone", []*snapshot.Record{offer}, []*snapshot.Record{offer, goal}, snapshot.OfferHash("default", "1001")},
	} {
		t.Run(test.what, func(t *testing.T) {
			always := []*snapshot.Record{networkRecord("default", 1), structureRecord("tiers")}
			x := index(t, always...)
			for step, records := range [][]*snapshot.Record{test.before, test.now, test.before, nil, test.now, nil} {
				m, data := encoded(t, append(records, always...))
				m.Revision = x.Revision + 1
				next, err := x.load(endless, m, data.fetch, time.Now)
				if err != nil {
					t.Fatal(err)
				}
				for hash := range uint64(snapshot.Shards) {
					changed := next.Changed(hash) == next.Build()
					if hash == test.hash%snapshot.Shards != changed {
						t.Errorf("step %d: place %d has changed: %v; it is place %d that has", step, hash, changed, test.hash%snapshot.Shards)
					}
				}
				x = next
			}
		})
	}
}

func TestFollowsIsOfOneLine(t *testing.T) {
	first := index(t, networkRecord("default", 1))
	other := index(t, networkRecord("default", 1))
	next := first.advance(&snapshot.Manifest{Revision: 2}, nil, first.LoadedAt)
	for _, test := range []struct {
		x, before *Index
		want      bool
	}{{next, first, true}, {first, next, false}, {first, first, false}, {next, other, false}, {next, nil, false}} {
		if got := test.x.Follows(test.before); got != test.want {
			t.Errorf("build %d follows %v: %v, want %v", test.x.Build(), test.before, got, test.want)
		}
	}
}
