package snapshot

import (
	"fmt"
	"strings"
	"testing"

	"github.com/cespare/xxhash/v2"
)

// The hashes are part of click ids in the wild and of shard names: these values
// may never change.
func TestHashesNeverChange(t *testing.T) {
	for _, tc := range []struct {
		name string
		got  uint64
		want uint64
	}{
		{"offer", OfferHash("default", "1001"), 0x74386b9147319d81},
		{"offer of another network", OfferHash("other", "1001"), 0x37cbcbb4fc7d6f1b},
		{"partner", PartnerHash("default", "1001"), 0x3b62c5e2ffd2b647},
		{"empty", OfferHash("", ""), 0x57ed4e19951b9b3c},
		{"goal by name", NameHash(KindGoal, "default", "purchase"), 0x2265638c38815b98},
	} {
		if tc.got != tc.want {
			t.Errorf("%s: %#x, want %#x", tc.name, tc.got, tc.want)
		}
	}
}

func TestShardOfNeverChanges(t *testing.T) {
	for kind, want := range map[Kind]int{
		KindNetwork: 61, KindAdvertiser: 145, KindPartner: 71, KindOffer: 129, KindGoal: 204,
		KindPartnerPayout: 24, KindPayoutStructure: 241,
	} {
		if got := ShardOf(Key{Kind: kind, Network: "default", ID: "1001"}); got != want {
			t.Errorf("%s: shard %d, want %d", kind, got, want)
		}
	}
}

func TestHashKeepsPartsApart(t *testing.T) {
	seen := map[uint64]string{}
	for _, parts := range [][3]string{
		{"offer", "a", "bc"}, {"offer", "ab", "c"}, {"offer", "abc", ""}, {"offer", "", "abc"},
		{"partner", "a", "bc"}, {"offe", "ra", "bc"},
	} {
		h := hash(parts[0], parts[1], parts[2])
		if other, ok := seen[h]; ok {
			t.Errorf("%q and %s have one hash", parts, other)
		}
		seen[h] = fmt.Sprintf("%q", parts)
	}
}

// An uneven spread would make some shards much larger than others.
func TestShardsFillEvenly(t *testing.T) {
	var counts [Shards]int
	const offers = 100_000
	for i := range offers {
		counts[ShardOf(Key{Kind: KindOffer, Network: "default", ID: fmt.Sprint(1000 + i)})]++
	}
	for i, n := range counts {
		if mean := offers / Shards; n < mean*7/10 || n > mean*13/10 {
			t.Errorf("shard %d has %d records, mean is %d", i, n, mean)
		}
	}
}

// What does not fit the buffer hashes as what does.
func TestHashOfLongNames(t *testing.T) {
	for n := 100; n < 150; n++ {
		id := strings.Repeat("x", n)
		want := xxhash.Sum64String("offer\x00default\x00" + id)
		if got := OfferHash("default", id); got != want {
			t.Errorf("%d bytes: %#x, want %#x", n, got, want)
		}
	}
}

func BenchmarkOfferHash(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		OfferHash("default", "summer-shoes-1001")
	}
}

func TestHashDoesNotAllocate(t *testing.T) {
	id := []byte("1001")
	if n := testing.AllocsPerRun(100, func() { OfferHash("default", string(id)) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
