package snapshot

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/waypost/waypost/api/money"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares got with a file of testdata.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; write it with: go test -update", err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s: got\n%s\nwant\n%s", path, got, want)
	}
}

// record returns a bodiless record of the network "default".
func record(kind Kind, name string) *Record {
	return &Record{Kind: kind, Network: "default", Name: name, Generation: 3, UID: "0b9d3f0e-7a51-4c0e-9f7e-1d2f6f1f7a10"}
}

// sameShard returns n offers whose keys are in one shard.
func sameShard(t testing.TB, n int) []*Record {
	t.Helper()
	var records []*Record
	for i := 0; len(records) < n; i++ {
		r := record(KindOffer, fmt.Sprintf("offer-%d", i))
		r.Offer = fullOffer()
		r.Offer.TrackingID = fmt.Sprint(1000 + i)
		if ShardOf(r.Key()) == 7 {
			records = append(records, r)
		}
	}
	return records
}

// everyRecord returns one record of each kind with every field set.
func everyRecord() []*Record {
	network := record(KindNetwork, "network")
	network.NetworkBody = fullNetwork()
	advertiser := record(KindAdvertiser, "acme-shoes")
	advertiser.Advertiser = fullAdvertiser()
	partner := record(KindPartner, "best-blog")
	partner.Partner = fullPartner()
	offer := record(KindOffer, "summer-shoes")
	offer.Offer = fullOffer()
	offer.DeletedAt = 1_800_000_000
	goal := record(KindGoal, "purchase")
	goal.Goal = fullGoal()
	payout := record(KindPartnerPayout, "best-blog-december")
	payout.PartnerPayout = fullPayout()
	structure := record(KindPayoutStructure, "baskets")
	structure.Structure = fullStructure()
	return []*Record{network, advertiser, partner, offer, goal, payout, structure}
}

func fullNetwork() *Network {
	return &Network{
		Title: "Example Network", Currency: "USD", TimeZone: "Europe/Berlin",
		TrackingDomains: []string{"go.example.net"}, FallbackURL: "https://example.net/gone",
		GoalsDisabled: true, KeyRequired: true, Keys: fullKeys(), CreatedAt: 1_790_000_000,
		ApprovalDisabled: true, EncryptedTracking: true,
	}
}

func fullKeys() []KeyDigest { return []KeyDigest{{SealingKey: 2, Digest: []byte{1, 2, 3}}} }

func fullAdvertiser() *Advertiser {
	return &Advertiser{
		Title: "Acme Shoes", State: Paused, KeyRequired: true, Keys: fullKeys(),
		Sources: []string{"203.0.113.0/24"}, BlockedPartners: []string{"badpartner"},
	}
}

func fullPartner() *Partner {
	return &Partner{
		TrackingID: "2002", Title: "Best Blog", State: Pending, Tier: "gold", BlockedOffers: []string{"hats"},
		Postbacks: []PartnerPostback{{
			Name: "sales", URL: "https://blog.example/pb?id={sub1}", Offer: "summer-shoes", Goal: "2",
			On: []ConversionStatus{StatusApproved, StatusHold},
		}},
	}
}

func fullOffer() *Offer {
	goal := fullGoal()
	goal.Offer, goal.State, goal.Value = "", Active, "1"
	return &Offer{
		TrackingID: "1001", Title: "Summer Shoes", Advertiser: "acme-shoes", State: Expired, ApprovalNeeded: true,
		Approved: []string{"best-blog"}, BlockedPartners: []string{"badpartner"},
		DestinationURL: "https://shop.example/landing?cid={clickid}&s={sub1}", PreviewURL: "https://shop.example/",
		FallbackURL: "https://shop.example/sale", DeepLinkHosts: []string{"shop.example"}, Currency: "USD",
		GoalsDisabled: true, DefaultGoal: goal, ClickPayout: 50_000, ClickRevenue: 80_000,
		Impressions: true, ImpressionPayout: 1_200_000, ImpressionRevenue: 2_000_000,
		Destinations: []Destination{{Name: "main", URL: "https://adv.example/imp?a={aimp_id}", Weight: 100}},
		Attribution:  Attribution{ClickLookbackHours: 720, MinimumClickSeconds: 5, ViewThrough: true, ImpressionLookbackHours: 24},
		HoldHours:    48, KeyRequired: true, Keys: fullKeys(),
		Caps: []Cap{{
			Name: "daily", Metric: CapPayout, Window: CapDay, Limit: 1_000_000_000, Goal: "2",
			PerPartner: true, Partners: []string{"best-blog"},
		}},
	}
}

func fullGoal() *Goal {
	return &Goal{
		Offer: "summer-shoes", Value: "2", Title: "Purchase", Slug: "purchase", SlugAliases: []string{"sale"},
		RefID: "SKU-1", State: Deleted, Protocol: ProtocolIFrame, Encrypted: true,
		GoalRules: GoalRules{Private: true, ClickOnly: true, Multiple: true, EndPoint: true, Manual: true},
		Payout:    fullPay(), Revenue: fullPay(),
	}
}

// fullPay sets tiers and structure both, which the compiler never does.
func fullPay() Pay {
	flat, percent := money.Amount(1_200_000), money.Percent(2_200_000)
	return Pay{
		Flat: 1_000_000, Percent: 2_000_000, Structure: "baskets",
		Tiers: []TierPay{{Tier: "gold", Flat: &flat, Percent: &percent}},
	}
}

func fullPayout() *PartnerPayout {
	return &PartnerPayout{
		Partner: "best-blog", CreatedAt: 1_790_000_000,
		Overrides: []Override{{
			Name: "december", Offer: "summer-shoes", Goal: "2",
			Payout: &PayoutTerms{Flat: 1_400_000, Percent: 100_000}, Revenue: &PayoutTerms{Flat: 2_400_000, Percent: 200_000},
			From: 1_796_000_000, Until: 1_798_000_000,
		}},
	}
}

func fullStructure() *PayoutStructure {
	return &PayoutStructure{Rules: []Rule{{
		Name: "big-baskets", When: []Condition{{Field: "amount", Operator: OpGreaterOrEqual, Values: []string{"100"}}},
		Partners: []string{"best-blog"},
		Payout:   &PayoutTerms{Flat: 1, Percent: 2_500_000}, Revenue: &PayoutTerms{Flat: 2, Percent: 3_000_000},
	}}}
}
