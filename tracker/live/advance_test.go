package live

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/waypost/waypost/api/snapshot"
)

// An index reached by any sequence of edits must be the one built from scratch,
// and no edit may be seen in the index before it.
func TestAdvanceEqualsBuildingFromScratch(t *testing.T) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 1))
			records := map[snapshot.Key]*snapshot.Record{}
			current := Empty()
			for revision := int64(1); revision <= 40; revision++ {
				for range 1 + random.IntN(30) {
					editWorld(records, random)
				}
				before, was := current, dump(t, current)
				current = advanceTo(t, current, revision, records)
				scratch := advanceTo(t, Empty(), revision, records)
				if diff := difference(dump(t, current), dump(t, scratch)); diff != "" {
					t.Fatalf("revision %d: %s", revision, diff)
				}
				if dump(t, before) != was {
					t.Fatalf("revision %d changed the index of the one before", revision)
				}
			}
			if len(records) < 50 {
				t.Errorf("only %d records: the test tests little", len(records))
			}
		})
	}
}

func advanceTo(t *testing.T, x *Index, revision int64, records map[snapshot.Key]*snapshot.Record) *Index {
	t.Helper()
	var list []*snapshot.Record
	for _, r := range records {
		list = append(list, r)
	}
	m, data := encoded(t, list)
	m.Revision = revision
	next, err := x.load(endless, m, data.fetch, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	return next
}

// editWorld adds, changes, buries or removes one record.
func editWorld(records map[snapshot.Key]*snapshot.Record, random *rand.Rand) {
	name := func() string { return fmt.Sprintf("n%d", random.IntN(names)) }
	id := func() string { return fmt.Sprint(random.IntN(names)) }
	var r *snapshot.Record
	switch random.IntN(12) {
	case 0:
		r = networkRecord([]string{"default", "other", "third"}[random.IntN(3)], int64(random.IntN(3)))
		if random.IntN(2) == 0 {
			r.NetworkBody.TrackingDomains = []string{fmt.Sprintf("go%d.example", random.IntN(3))}
		}
		r.Name = []string{"network", "network2"}[random.IntN(2)]
	case 1:
		r = advertiserRecord(name(), "203.0.113.0/24")
	case 2:
		r = partnerRecord(name(), id())
	case 3, 4, 5:
		r = offerRecord(name(), id())
	case 6, 7, 8:
		r = goalRecord(name(), name(), id())
	case 9:
		r = payoutRecord(name(), name(), int64(random.IntN(3)), snapshot.Override{Name: name(), Offer: name(), Goal: "1"})
	case 10:
		r = structureRecord(name(), snapshot.Rule{Name: name()})
	default:
		for key := range records { // any one
			delete(records, key)
			return
		}
		return
	}
	if r.Kind != snapshot.KindNetwork {
		r.Network = []string{"default", "other"}[random.IntN(2)]
	}
	r.Generation = int64(random.IntN(5))
	if random.IntN(5) == 0 {
		tombstone(r)
	}
	records[r.Key()] = r
}

// Records whose bytes did not change keep their objects; nothing else does.
func TestAdvanceKeepsWhatDidNotChange(t *testing.T) {
	records := world(size{200, 2, 3})
	before := index(t, records...)
	changed := records[len(records)/2]
	for _, r := range records {
		if r.Kind == snapshot.KindOffer && r.Offer.TrackingID == "100050" {
			changed = r
		}
	}
	changed.Offer.Title = "Winter Shoes"
	m, data := encoded(t, records)
	fetched := 0
	m.Revision = 2
	after, err := before.load(endless, m, countFetches(data, &fetched), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	if fetched != 1 {
		t.Errorf("%d shards fetched for one changed record", fetched)
	}
	old, next := before.NetworkByName("default"), after.NetworkByName("default")
	for _, o := range old.Offers() {
		same := next.Offer(o.Body.TrackingID) == o
		if same != (o.Body.TrackingID != "100050") {
			t.Errorf("offer %s is the same: %v", o.Body.TrackingID, same)
		}
	}
	for _, p := range old.Partners() {
		if next.Partner(p.Body.TrackingID) != p {
			t.Errorf("partner %s was made anew", p.Name)
		}
	}
	if next.Offer("100050").Body.Title != "Winter Shoes" || len(next.Offer("100050").Goals()) != 3 {
		t.Error("the changed offer is not there with its goals")
	}
	if next.Offer("100050").Goal("2") != old.Offer("100050").Goal("2") {
		t.Error("the changed offer's goals were made anew")
	}
}

// A goal's edit gives its offer a new value, which keeps its parsed templates.
func TestAdvanceOfAGoalKeepsTheOffersTemplates(t *testing.T) {
	offer, goal := offerRecord("shoes", "1001"), goalRecord("purchase", "shoes", "2")
	network := networkRecord("default", 1)
	before := index(t, network, offer, goal)
	was := before.NetworkByName("default").Offer("1001")
	destination := was.Destination()
	goal.Goal.Title = "Purchase"
	m, data := encoded(t, []*snapshot.Record{network, offer, goal})
	m.Revision = 2
	after, err := before.load(endless, m, data.fetch, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	is := after.NetworkByName("default").Offer("1001")
	if is == was || is.Goal("2").Body().Title != "Purchase" || was.Goal("2").Body().Title != "" {
		t.Error("the goal's edit is not where it should be")
	}
	if is.Body != was.Body || is.Destination() != destination {
		t.Error("the offer was made anew")
	}
	if is.DefaultGoal().form != was.DefaultGoal().form {
		t.Error("the default goal was made anew")
	}
}
