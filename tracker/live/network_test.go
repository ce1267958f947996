package live

import (
	"strings"
	"testing"

	"github.com/waypost/waypost/api/snapshot"
)

func TestNetworkByHost(t *testing.T) {
	x := index(t,
		networkRecord("shoes", 20, "go.shoes.example", "xn--bcher-kva.example"),
		networkRecord("hats", 10, "go.hats.example", "both.example"),
		networkRecord("caps", 10, "both.example", "Go.Caps.Example"),
		networkRecord("young", 30),
		networkRecord("old", 5),
		networkRecord("older-but-z", 5),
	)
	for host, want := range map[string]string{
		"go.shoes.example":       "shoes",
		"GO.Shoes.EXAMPLE":       "shoes",
		"go.shoes.example:8080":  "shoes",
		"go.shoes.example.":      "shoes",
		"go.shoes.example.:443":  "shoes",
		"xn--bcher-kva.example":  "shoes",
		"go.hats.example":        "hats",
		"go.caps.example":        "caps",
		"both.example":           "caps", // as old as hats, smaller name
		"shoes.example":          "old",
		"":                       "old",
		":8080":                  "old",
		"203.0.113.9:8080":       "old",
		"[2001:db8::1]:8080":     "old",
		"2001:db8::1":            "old",
		"go.shoes.example..":     "old",
		strings.Repeat("a", 999): "old",
	} {
		n := x.NetworkByHost(host)
		if n == nil || n.Name != want {
			t.Errorf("%q: %v, want %s", host, n, want)
		}
	}
}

func TestNetworkByHostWithoutAHostlessNetwork(t *testing.T) {
	x := index(t, networkRecord("shoes", 1, "go.shoes.example"))
	if n := x.NetworkByHost("elsewhere.example"); n != nil {
		t.Errorf("unknown host is served by %s", n.Name)
	}
	if n := Empty().NetworkByHost("go.shoes.example"); n != nil {
		t.Errorf("the empty index serves %s", n.Name)
	}
}

func TestNetworkByName(t *testing.T) {
	x := index(t, networkRecord("a", 1), networkRecord("b", 2), tombstone(networkRecord("gone", 0)))
	for name, want := range map[string]bool{"a": true, "b": true, "gone": false, "c": false, "": false} {
		if n := x.NetworkByName(name); (n != nil) != want || n != nil && n.Name != name {
			t.Errorf("%q: %v", name, n)
		}
	}
	if all := x.Networks(); len(all) != 2 || all[0].Name != "a" || all[1].Name != "b" {
		t.Errorf("networks %v", all)
	}
	if x.NetworkByHost("any").Name != "a" {
		t.Error("a deleted network without domains is served")
	}
}

// Two Network objects in one namespace do not happen; if they did the older counts.
func TestTwoNetworkRecords(t *testing.T) {
	one, two := networkRecord("default", 2), networkRecord("default", 1)
	one.Name, one.NetworkBody.Title = "a", "younger"
	two.Name, two.NetworkBody.Title = "b", "older"
	if got := index(t, one, two).NetworkByName("default").Body.Title; got != "older" {
		t.Errorf("the %s one counts", got)
	}
}

func TestNetworkDetails(t *testing.T) {
	r := networkRecord("default", 1)
	r.NetworkBody.TimeZone, r.NetworkBody.FallbackURL = "Asia/Kolkata", "https://example.net/gone"
	n := index(t, r).NetworkByName("default")
	if n.Location.String() != "Asia/Kolkata" || n.Fallback().String() != "https://example.net/gone" {
		t.Errorf("%v, %v", n.Location, n.Fallback())
	}
	plain := index(t, networkRecord("default", 1)).NetworkByName("default")
	if plain.Location.String() != "UTC" || plain.Fallback() != nil {
		t.Errorf("%v, %v", plain.Location, plain.Fallback())
	}
}

func TestLookUps(t *testing.T) {
	paused := offerRecord("hats", "1002")
	paused.Offer.State = snapshot.Paused
	n := defaultNetwork(t,
		offerRecord("shoes", "1001"), paused, tombstone(offerRecord("gone", "1003")),
		partnerRecord("blog", "2002"), tombstone(partnerRecord("left", "2003")),
		advertiserRecord("acme", "203.0.113.0/24", "2001:db8::/32"),
		structureRecord("baskets", snapshot.Rule{Name: "big"}),
	)
	for id, want := range map[string]struct {
		name    string
		deleted bool
	}{"1001": {"shoes", false}, "1002": {"hats", false}, "1003": {"gone", true}} {
		o := n.Offer(id)
		if o == nil || o.Name != want.name || o.Deleted != want.deleted || (o.Body.State == snapshot.Deleted) != want.deleted {
			t.Fatalf("offer %s: %+v", id, o)
		}
		if n.OfferByHash(snapshot.OfferHash("default", id)) != o || n.OfferByName(want.name) != o {
			t.Errorf("offer %s is not found by hash or name", id)
		}
	}
	for id, name := range map[string]string{"2002": "blog", "2003": "left"} {
		p := n.Partner(id)
		if p == nil || p.Name != name || p.Deleted != (name == "left") {
			t.Fatalf("partner %s: %+v", id, p)
		}
		if n.PartnerByHash(snapshot.PartnerHash("default", id)) != p || n.PartnerByName(name) != p {
			t.Errorf("partner %s is not found by hash or name", id)
		}
	}
	if a := n.Advertiser("acme"); a == nil || len(a.Prefixes) != 2 || a.Prefixes[1].String() != "2001:db8::/32" {
		t.Errorf("advertiser %+v", a)
	}
	if s := n.Structure("baskets"); s == nil || s.Rules[0].Name != "big" {
		t.Errorf("structure %+v", s)
	}
}

func TestLookUpsOfWhatIsNotThere(t *testing.T) {
	x := index(t, networkRecord("default", 1), networkRecord("other", 2), offerRecord("shoes", "1001"), partnerRecord("blog", "2002"))
	for _, n := range []*Network{x.NetworkByName("default"), x.NetworkByName("other")} {
		missing := map[string]bool{
			"offer": n.Offer("9") == nil, "offer by name": n.OfferByName("9") == nil, "offer by hash": n.OfferByHash(9) == nil,
			"partner": n.Partner("9") == nil, "partner by name": n.PartnerByName("9") == nil, "partner by hash": n.PartnerByHash(9) == nil,
			"advertiser": n.Advertiser("9") == nil, "structure": n.Structure("9") == nil, "payouts": n.Payouts("9", "shoes") == nil,
		}
		for what, ok := range missing {
			if !ok {
				t.Errorf("%s: found a %s", n.Name, what)
			}
		}
	}
	other := x.NetworkByName("other")
	if other.Offer("1001") != nil || other.OfferByName("shoes") != nil || other.OfferByHash(snapshot.OfferHash("default", "1001")) != nil {
		t.Error("another network's offer is found")
	}
	if other.Partner("2002") != nil || other.PartnerByName("blog") != nil || other.PartnerByHash(snapshot.PartnerHash("default", "2002")) != nil {
		t.Error("another network's partner is found")
	}
	if len(other.Offers()) != 0 || len(x.NetworkByName("default").Offers()) != 1 || len(x.NetworkByName("default").Partners()) != 1 {
		t.Error("lists mix networks")
	}
}

// An object deleted and made again with another tracking id is there twice.
func TestNameOfARecreatedObject(t *testing.T) {
	for range 20 { // the order of equal hashes must not matter
		n := defaultNetwork(t,
			tombstone(offerRecord("shoes", "1001")), offerRecord("shoes", "1002"),
			tombstone(partnerRecord("blog", "2001")), partnerRecord("blog", "2002"),
			goalRecord("purchase", "shoes", "2"),
		)
		if got := n.OfferByName("shoes").Body.TrackingID; got != "1002" {
			t.Fatalf("offer by name is %s", got)
		}
		if got := n.PartnerByName("blog").Body.TrackingID; got != "2002" {
			t.Fatalf("partner by name is %s", got)
		}
		if n.Offer("1001").Goal("2") == nil || n.Offer("1002").Goal("2") == nil {
			t.Fatal("one of two offers of a name has no goals")
		}
	}
}

func TestPayouts(t *testing.T) {
	shoes := snapshot.Override{Name: "o", Offer: "shoes", Goal: "1"}
	n := defaultNetwork(t,
		payoutRecord("c", "blog", 20, shoes), payoutRecord("b", "blog", 20, shoes), payoutRecord("a", "blog", 30, shoes),
		payoutRecord("d", "blog", 10, shoes), payoutRecord("e", "mail", 1, shoes), tombstone(payoutRecord("f", "blog", 1, shoes)),
		payoutRecord("g", "blog", 5, snapshot.Override{Name: "o", Offer: "hats", Goal: "1"}),
	)
	var names []string
	for _, r := range n.Payouts("blog", "shoes") {
		names = append(names, r.Name)
	}
	if got := strings.Join(names, " "); got != "d b c a" {
		t.Errorf("payouts of blog in the order %s, want the oldest first, then by name", got)
	}
	if got := n.Payouts("mail", "shoes"); len(got) != 1 || got[0].Name != "e" {
		t.Errorf("payouts of mail: %v", got)
	}
}

func TestLookUpsDoNotAllocate(t *testing.T) {
	x := index(t, networkRecord("default", 1, "go.example.net"), offerRecord("shoes", "1001"), partnerRecord("blog", "2002"),
		goalRecord("purchase", "shoes", "buy"), advertiserRecord("acme"))
	hash := snapshot.OfferHash("default", "1001")
	x.NetworkByName("default").Offer("1001").Destination()
	allocations := testing.AllocsPerRun(100, func() {
		n := x.NetworkByHost("GO.example.net:8080")
		o, p := n.Offer("1001"), n.Partner("2002")
		if n.OfferByHash(hash) != o || n.Advertiser("acme") == nil || o.Goal("BUY") == nil || p == nil ||
			o.Destination() == nil || o.GoalBySlug("slug-PURCHASE") == nil {
			t.Error("not found")
		}
	})
	if allocations != 0 {
		t.Errorf("%v allocations", allocations)
	}
}
