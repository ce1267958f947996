package snapshot

import (
	"errors"
	"testing"
)

// Walk must not decode what the caller knows, and must still see its place.
func TestWalkSkipsWhatIsKnown(t *testing.T) {
	records := sameShard(t, 10)
	shard, err := EncodeShard(records)
	if err != nil {
		t.Fatal(err)
	}
	content, err := OpenShard(shard.Data, shard.Digest)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]Key{}
	err = content.Walk(shard.Index, nil, func(r *Record, raw []byte) error {
		seen[string(raw)] = r.Key()
		return nil
	})
	if err != nil || len(seen) != 10 {
		t.Fatalf("%d records, %v", len(seen), err)
	}
	var decoded []*Record
	forgotten := records[4].Key()
	known := func(raw []byte) (Key, bool) {
		k, ok := seen[string(raw)]
		return k, ok && k != forgotten
	}
	err = content.Walk(shard.Index, known, func(r *Record, _ []byte) error {
		decoded = append(decoded, r)
		return nil
	})
	if err != nil || len(decoded) != 1 || decoded[0].Key() != forgotten {
		t.Errorf("decoded %v, %v", decoded, err)
	}
}

func TestWalkChecksTheIndex(t *testing.T) {
	shard, err := EncodeShard(sameShard(t, 2))
	if err != nil {
		t.Fatal(err)
	}
	content, err := OpenShard(shard.Data, shard.Digest)
	if err != nil {
		t.Fatal(err)
	}
	ignore := func(*Record, []byte) error { return nil }
	if err := content.Walk(shard.Index+1, nil, ignore); !errors.Is(err, ErrShardCorrupt) {
		t.Errorf("as another shard: %v", err)
	}
	if err := content.Walk(AnyShard, nil, ignore); err != nil {
		t.Errorf("as any shard: %v", err)
	}
	stop := errors.New("stop")
	if err := content.Walk(shard.Index, nil, func(*Record, []byte) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("the callback's error became %v", err)
	}
}

// A known record in the wrong place is as wrong as a decoded one.
func TestWalkChecksTheOrderOfKnownRecords(t *testing.T) {
	records := sameShard(t, 2)
	var raws [][]byte
	for _, r := range records {
		raw, err := encoding().Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		raws = append(raws, raw)
	}
	keys := map[string]Key{string(raws[0]): records[0].Key(), string(raws[1]): records[1].Key()}
	known := func(raw []byte) (Key, bool) { k, ok := keys[string(raw)]; return k, ok }
	for name, content := range map[string][]byte{
		"swapped": append(append([]byte{}, raws[1]...), raws[0]...),
		"twice":   append(append([]byte{}, raws[0]...), raws[0]...),
	} {
		if err := walk(content, AnyShard, known, nil); !errors.Is(err, ErrShardCorrupt) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestRecordKeys(t *testing.T) {
	for _, r := range everyRecord() {
		k := r.Key()
		want := r.Name
		switch r.Kind {
		case KindOffer:
			want = "1001"
		case KindPartner:
			want = "2002"
		}
		if k.Kind != r.Kind || k.Network != "default" || k.ID != want {
			t.Errorf("%s has key %+v", r.Kind, k)
		}
		if r.Tombstone() != (r.DeletedAt != 0) || r.Kind.String() == "Unknown" {
			t.Errorf("%s: tombstone %v", r.Kind, r.Tombstone())
		}
	}
}

func TestKeyOrder(t *testing.T) {
	ascending := []Key{
		{KindGoal, "a", "z"}, {KindNetwork, "b", "b"}, {KindOffer, "b", "a"}, {KindOffer, "b", "b"}, {KindGoal, "b", "a"},
	}
	for i, a := range ascending {
		for j, b := range ascending {
			if got := a.Compare(b); (got < 0) != (i < j) || (got == 0) != (i == j) {
				t.Errorf("%v compared with %v: %d", a, b, got)
			}
		}
	}
}
