package live

import (
	"testing"

	"github.com/waypost/waypost/api/snapshot"
)

// The records of small tests: a network "default" unless another is set.

func record(kind snapshot.Kind, name string) *snapshot.Record {
	return &snapshot.Record{Kind: kind, Network: "default", Name: name}
}

func networkRecord(namespace string, createdAt int64, domains ...string) *snapshot.Record {
	return &snapshot.Record{
		Kind: snapshot.KindNetwork, Network: namespace, Name: "network",
		NetworkBody: &snapshot.Network{TrackingDomains: domains, CreatedAt: createdAt},
	}
}

func offerRecord(name, trackingID string) *snapshot.Record {
	r := record(snapshot.KindOffer, name)
	r.Offer = &snapshot.Offer{
		TrackingID: trackingID, Advertiser: "acme", Currency: "USD", DestinationURL: "https://shop.example/?c={clickid}",
		DefaultGoal: &snapshot.Goal{Value: "1", Title: "Default", Slug: "default"},
	}
	return r
}

func goalRecord(name, offer, value string) *snapshot.Record {
	r := record(snapshot.KindGoal, name)
	r.Goal = &snapshot.Goal{Offer: offer, Value: value, Slug: "slug-" + name}
	return r
}

func partnerRecord(name, trackingID string) *snapshot.Record {
	r := record(snapshot.KindPartner, name)
	r.Partner = &snapshot.Partner{TrackingID: trackingID}
	return r
}

func advertiserRecord(name string, sources ...string) *snapshot.Record {
	r := record(snapshot.KindAdvertiser, name)
	r.Advertiser = &snapshot.Advertiser{Title: name, Sources: sources}
	return r
}

func payoutRecord(name, partner string, createdAt int64, overrides ...snapshot.Override) *snapshot.Record {
	r := record(snapshot.KindPartnerPayout, name)
	r.PartnerPayout = &snapshot.PartnerPayout{Partner: partner, CreatedAt: createdAt, Overrides: overrides}
	return r
}

func structureRecord(name string, rules ...snapshot.Rule) *snapshot.Record {
	r := record(snapshot.KindPayoutStructure, name)
	r.Structure = &snapshot.PayoutStructure{Rules: rules}
	return r
}

// tombstone returns the record as it is kept of a deleted object.
func tombstone(r *snapshot.Record) *snapshot.Record {
	r.DeletedAt = 1_800_000_000
	return r
}

// index builds an index of the records or fails the test.
func index(t testing.TB, records ...*snapshot.Record) *Index {
	t.Helper()
	x, err := Build(1, records)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// defaultNetwork builds an index of the records beside a network "default" and returns it.
func defaultNetwork(t testing.TB, records ...*snapshot.Record) *Network {
	t.Helper()
	return index(t, append(records, networkRecord("default", 1))...).NetworkByName("default")
}
