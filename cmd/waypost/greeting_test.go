package main

import (
	"testing"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/tracker/live"
)

// What is printed for newcomers to try must work.
func TestFirstPair(t *testing.T) {
	record := func(kind snapshot.Kind, name string) *snapshot.Record {
		return &snapshot.Record{Kind: kind, Network: "n", Name: name}
	}
	network := func(domains ...string) *snapshot.Record {
		r := record(snapshot.KindNetwork, "n")
		r.NetworkBody = &snapshot.Network{TrackingDomains: domains}
		return r
	}
	advertiser := func(name string, state snapshot.State) *snapshot.Record {
		r := record(snapshot.KindAdvertiser, name)
		r.Advertiser = &snapshot.Advertiser{State: state}
		return r
	}
	offer := func(id, advertiser string, change func(*snapshot.Offer)) *snapshot.Record {
		r := record(snapshot.KindOffer, "offer-"+id)
		r.Offer = &snapshot.Offer{
			TrackingID: id, Advertiser: advertiser, State: snapshot.Active, Currency: "USD",
			DestinationURL: "https://shop.example/", DefaultGoal: &snapshot.Goal{Value: "1"},
		}
		if change != nil {
			change(r.Offer)
		}
		return r
	}
	partner := func(id string, state snapshot.State) *snapshot.Record {
		r := record(snapshot.KindPartner, "partner-"+id)
		r.Partner = &snapshot.Partner{TrackingID: id, State: state}
		return r
	}
	shown := func(o *snapshot.Offer) { o.Impressions = true }
	for _, tc := range []struct {
		name    string
		records []*snapshot.Record
		want    example
	}{
		{"nothing", nil, example{"OFFER", "PARTNER", ""}},
		{"a network without domains", []*snapshot.Record{network(), offer("1", "active", nil), partner("7", snapshot.Active)}, example{"1", "7", ""}},
		{"a network with domains", []*snapshot.Record{network("go.example.net", "other.example"), offer("1", "active", nil), partner("7", snapshot.Active)},
			example{"1", "7", " -H 'Host: go.example.net'"}},
		{"its advertiser is paused", []*snapshot.Record{network(), offer("1", "paused", nil), offer("2", "active", nil), partner("7", snapshot.Active)},
			example{"2", "7", ""}},
		{"the partner is not active", []*snapshot.Record{network(), offer("1", "active", nil), partner("6", snapshot.Pending), partner("7", snapshot.Active)},
			example{"1", "7", ""}},
		{"the partner is blocked", []*snapshot.Record{
			network(),
			offer("1", "active", func(o *snapshot.Offer) { o.BlockedPartners = []string{"partner-6"} }),
			partner("6", snapshot.Active), partner("7", snapshot.Active),
		}, example{"1", "7", ""}},
		{"rather one with impressions", []*snapshot.Record{
			network(),
			offer("1", "active", nil), offer("2", "paused", shown), offer("3", "active", shown), offer("4", "active", nil), partner("7", snapshot.Active),
		}, example{"3", "7", ""}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			index, err := live.Build(1, append(tc.records, advertiser("active", snapshot.Active), advertiser("paused", snapshot.Paused)))
			if err != nil {
				t.Fatal(err)
			}
			if got := firstPair(index); got != tc.want {
				t.Errorf("%+v, want %+v", got, tc.want)
			}
		})
	}
}
