package snapshot

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestShardRoundTrip(t *testing.T) {
	for _, r := range everyRecord() {
		shard, err := EncodeShard([]*Record{r})
		if err != nil {
			t.Fatalf("%s: %v", r.Kind, err)
		}
		if shard.Index != ShardOf(r.Key()) || shard.Records != 1 {
			t.Errorf("%s: shard %d with %d records", r.Kind, shard.Index, shard.Records)
		}
		got, err := DecodeShard(shard.Data, shard.Digest)
		if err != nil {
			t.Fatalf("%s: %v", r.Kind, err)
		}
		if len(got) != 1 || !reflect.DeepEqual(got[0], r) {
			t.Errorf("%s: got %+v, want %+v", r.Kind, got[0], r)
		}
	}
}

// Every field of every body must survive; a field that a fixture leaves at its
// zero value would hide a wrong tag.
func TestFixturesSetEveryField(t *testing.T) {
	var zero func(t *testing.T, path string, v reflect.Value)
	zero = func(t *testing.T, path string, v reflect.Value) {
		switch v.Kind() {
		case reflect.Pointer:
			if v.IsNil() {
				t.Errorf("%s is nil in the fixture", path)
				return
			}
			zero(t, path, v.Elem())
		case reflect.Slice:
			if v.Len() == 0 {
				t.Errorf("%s is empty in the fixture", path)
				return
			}
			zero(t, path+"[0]", v.Index(0))
		case reflect.Struct:
			for i := range v.NumField() {
				f := v.Type().Field(i)
				if f.Name == "_" || path == "Offer.DefaultGoal" && (f.Name == "Offer" || f.Name == "State") {
					continue
				}
				zero(t, path+"."+f.Name, v.Field(i))
			}
		default:
			if v.IsZero() {
				t.Errorf("%s is zero in the fixture", path)
			}
		}
	}
	for _, body := range []any{
		fullNetwork(), fullAdvertiser(), fullPartner(), fullOffer(), fullGoal(), fullPayout(), fullStructure(),
	} {
		zero(t, reflect.TypeOf(body).Elem().Name(), reflect.ValueOf(body).Elem())
	}
}

func TestShardIsDeterministic(t *testing.T) {
	records := sameShard(t, 50)
	want, err := EncodeShard(records)
	if err != nil {
		t.Fatal(err)
	}
	for range 20 {
		shuffled := slices.Clone(records)
		rand.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		before := slices.Clone(shuffled)
		got, err := EncodeShard(shuffled)
		if err != nil {
			t.Fatal(err)
		}
		if got.Digest != want.Digest || !bytes.Equal(got.Data, want.Data) {
			t.Fatal("another order gave other bytes")
		}
		if !slices.Equal(before, shuffled) {
			t.Fatal("the caller's slice was sorted")
		}
	}
}

// Nil and empty lists mean the same and must not make two digests.
func TestNilAndEmptyListsAreOne(t *testing.T) {
	one, two := record(KindAdvertiser, "acme"), record(KindAdvertiser, "acme")
	one.Advertiser = &Advertiser{Keys: []KeyDigest{{SealingKey: 1}}}
	two.Advertiser = &Advertiser{Keys: []KeyDigest{{SealingKey: 1, Digest: []byte{}}}, Sources: []string{}, BlockedPartners: []string{}}
	a, errA := EncodeShard([]*Record{one})
	b, errB := EncodeShard([]*Record{two})
	if errA != nil || errB != nil {
		t.Fatal(errA, errB)
	}
	if a.Digest != b.Digest {
		t.Error("nil and empty lists have different digests")
	}
}

// The bytes of a shard are what other versions of Waypost read. A digest in the
// golden file changes when a fixture gets a new field, and else only together
// with SchemaVersion.
func TestShardDigestNeverChanges(t *testing.T) {
	var got strings.Builder
	for _, r := range everyRecord() {
		shard, err := EncodeShard([]*Record{r})
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&got, "%s %s\n", r.Kind, shard.Digest)
	}
	golden(t, "digests.txt", []byte(got.String()))
}

func TestEncodeShardRefuses(t *testing.T) {
	here := sameShard(t, 2)
	bodiless := *here[0]
	bodiless.Offer = nil
	twoBodies := *here[0]
	twoBodies.Goal = fullGoal()
	unnamed := *here[0]
	unnamed.Name = ""
	noUTF8 := *here[0]
	noUTF8.UID = "\xff"
	elsewhere := record(KindOffer, "elsewhere")
	elsewhere.Offer = &Offer{TrackingID: "elsewhere", DefaultGoal: &Goal{Value: "1"}}
	goalless := record(KindOffer, "goalless")
	goalless.Offer = &Offer{TrackingID: "goalless"}
	for name, tc := range map[string]struct {
		records []*Record
		want    string
	}{
		"nothing":       {nil, "no records"},
		"twice":         {[]*Record{here[0], here[0]}, "out of order or twice"},
		"two shards":    {[]*Record{here[0], elsewhere}, "belongs to shard"},
		"no body":       {[]*Record{&bodiless}, "has not exactly the body"},
		"two bodies":    {[]*Record{&twoBodies}, "has not exactly the body"},
		"no goal":       {[]*Record{goalless}, "has no default goal"},
		"no name":       {[]*Record{&unnamed}, "without network, name"},
		"invalid UTF-8": {[]*Record{&noUTF8}, "UTF-8"},
	} {
		_, err := EncodeShard(tc.records)
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %q", name, err, tc.want)
		}
	}
}

func TestShardTooLarge(t *testing.T) {
	noise := make([]byte, MaxShardBytes)
	random := rand.NewChaCha8([32]byte{1})
	_, _ = random.Read(noise)
	incompressible := record(KindAdvertiser, "noise")
	incompressible.Advertiser = &Advertiser{Keys: []KeyDigest{{Digest: noise}}}
	repetitive := record(KindAdvertiser, "zeros")
	repetitive.Advertiser = &Advertiser{Title: strings.Repeat("x", maxContentBytes)}
	for _, r := range []*Record{incompressible, repetitive} {
		if _, err := EncodeShard([]*Record{r}); !errors.Is(err, ErrShardTooLarge) {
			t.Errorf("%s: %v, want ErrShardTooLarge", r.Name, err)
		}
	}
}

func TestDecodeShardRefuses(t *testing.T) {
	shard, err := EncodeShard(sameShard(t, 20))
	if err != nil {
		t.Fatal(err)
	}
	flipped := bytes.Clone(shard.Data)
	flipped[len(flipped)/2] ^= 1
	bomb := compress(make([]byte, maxContentBytes+1))
	garbage := []byte{0xff}
	for name, tc := range map[string]struct {
		data   []byte
		digest string
		want   string
	}{
		"another digest": {shard.Data, digestOf(nil), "content has digest"},
		"no digest":      {shard.Data, "", "content has digest"},
		"flipped bit":    {flipped, shard.Digest, "corrupt shard"},
		"truncated":      {shard.Data[:len(shard.Data)/2], shard.Digest, "corrupt shard"},
		"not zstd":       {[]byte("{}"), shard.Digest, "decompress"},
		"bomb":           {bomb, digestOf(make([]byte, maxContentBytes+1)), "decompress"},
		"too long":       {make([]byte, MaxShardBytes+1), shard.Digest, "at most"},
		"not CBOR":       {compress(garbage), digestOf(garbage), "corrupt shard"},
	} {
		if _, err := DecodeShard(tc.data, tc.digest); !errors.Is(err, ErrShardCorrupt) || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want ErrShardCorrupt with %q", name, err, tc.want)
		}
	}
}

// A newer writer of the same schema may add fields.
func TestDecodeShardIgnoresUnknownFields(t *testing.T) {
	r := record(KindAdvertiser, "acme")
	raw, err := encoding().Marshal(map[int]any{
		1: r.Kind, 2: r.Network, 3: r.Name, 12: map[int]any{1: "Acme", 99: []string{"new"}}, 98: "new",
	})
	if err != nil {
		t.Fatal(err)
	}
	got, err := DecodeShard(compress(raw), digestOf(raw))
	if err != nil || len(got) != 1 || got[0].Advertiser.Title != "Acme" {
		t.Errorf("%v, %v", got, err)
	}
}
