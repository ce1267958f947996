package live

import (
	"fmt"
	"testing"
	"time"

	"github.com/waypost/waypost/api/money"
	"github.com/waypost/waypost/api/snapshot"
)

// BenchmarkSwap is what one edited object costs a tracker: from the shard's data
// to the next index, by kind of object. Bound: well below 5 ms at 10,000 offers.
func BenchmarkSwap(b *testing.B) {
	for _, offers := range []int{10_000, 100_000} {
		edits := map[string]func(r *snapshot.Record, n int) bool{
			"offer": func(r *snapshot.Record, n int) bool {
				if r.Offer != nil {
					r.Offer.Title = fmt.Sprint("Edited ", n)
				}
				return r.Offer != nil
			},
			"goal": func(r *snapshot.Record, n int) bool {
				if r.Goal != nil {
					r.Goal.Payout.Flat = money.Amount(n)
				}
				return r.Goal != nil
			},
			"payout": func(r *snapshot.Record, n int) bool {
				if r.PartnerPayout != nil {
					r.PartnerPayout.Overrides[0].Payout = &snapshot.PayoutTerms{Flat: money.Amount(n)}
				}
				return r.PartnerPayout != nil
			},
		}
		records := world(size{offers, 3, 15})
		m, data := encoded(b, records)
		x, err := Empty().load(endless, m, data.fetch, time.Now)
		if err != nil {
			b.Fatal(err)
		}
		for kind, edit := range edits {
			b.Run(fmt.Sprintf("%s/%d", kind, offers), func(b *testing.B) { benchmarkSwap(b, x, m, records, edit) })
		}
	}
}

// benchmarkSwap edits one of the records to and fro.
func benchmarkSwap(b *testing.B, x *Index, m *snapshot.Manifest, records []*snapshot.Record, edit func(*snapshot.Record, int) bool) {
	variants := [2]*snapshot.Manifest{}
	data := shardData{}
	for i := range variants {
		refs := append([]snapshot.ShardRef(nil), m.Shards...)
		shard := editedShard(b, records, i, edit)
		for j := range refs {
			if refs[j].Index == shard.Index {
				refs[j] = shard.Ref()
			}
		}
		next, err := snapshot.NewManifest(int64(i+2), refs)
		if err != nil {
			b.Fatal(err)
		}
		variants[i], data[shard.Digest] = next, shard.Data
	}
	began, n := cpu(), 0
	for b.Loop() {
		next, err := x.load(endless, variants[n%2], data.fetch, time.Now)
		if err != nil {
			b.Fatal(err)
		}
		x = next
		n++
	}
	b.ReportMetric(float64((cpu()-began).Microseconds())/float64(n), "cpu-µs/op")
}

// editedShard makes the nth edit of the first record that it applies to, and
// returns the shard that the record is in.
func editedShard(b *testing.B, records []*snapshot.Record, n int, edit func(*snapshot.Record, int) bool) snapshot.Shard {
	b.Helper()
	index := -1
	for _, r := range records {
		if edit(r, n) {
			index = snapshot.ShardOf(r.Key())
			break
		}
	}
	var members []*snapshot.Record
	for _, r := range records {
		if snapshot.ShardOf(r.Key()) == index {
			members = append(members, r)
		}
	}
	shard, err := snapshot.EncodeShard(members)
	if err != nil {
		b.Fatal(err)
	}
	return shard
}

// BenchmarkLookUps is the part of a click that asks the index.
func BenchmarkLookUps(b *testing.B) {
	x := index(b, world(size{10_000, 3, 15})...)
	var ids [1024]string
	for i := range ids {
		ids[i] = fmt.Sprint(100_000 + i*9)
	}
	b.ReportAllocs()
	began, i := cpu(), 0
	for b.Loop() {
		n := x.NetworkByHost("go.example.net:8080")
		o := n.Offer(ids[i%len(ids)])
		if o == nil || n.Partner("20007") == nil || n.Advertiser(o.Body.Advertiser) == nil || o.Goal("2") == nil {
			b.Fatal("not found")
		}
		i++
	}
	b.ReportMetric(float64((cpu()-began).Nanoseconds())/float64(i), "cpu-ns/op")
}
