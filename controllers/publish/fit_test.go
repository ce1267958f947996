package publish

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/waypost/waypost/api/snapshot"
)

// partner makes a record of which the title is what takes room.
func partner(id string, room int) *snapshot.Record {
	return &snapshot.Record{
		Kind: snapshot.KindPartner, Network: "shop", Name: id, Generation: int64(room),
		Partner: &snapshot.Partner{TrackingID: id},
	}
}

// limited encodes nothing, but has room for a hundred.
func limited(records []*snapshot.Record) (snapshot.Shard, error) {
	room := 0
	for _, r := range records {
		room += int(r.Generation)
	}
	if room > 100 {
		return snapshot.Shard{}, snapshot.ErrShardTooLarge
	}
	return snapshot.Shard{Digest: fmt.Sprint(room), Records: len(records)}, nil
}

func TestFit(t *testing.T) {
	type changes map[string]int // published room by id, 0 for a new record
	tests := []struct {
		name    string
		records []*snapshot.Record
		changed changes
		room    string // that is taken in the end
		refused []string
	}{
		{"fits", []*snapshot.Record{partner("a", 60), partner("b", 40)}, changes{"b": 0}, "100", nil},
		{"the new one breaks it", []*snapshot.Record{partner("a", 60), partner("b", 41)}, changes{"b": 0}, "60", []string{"b"}},
		{"an edit breaks it: its published form stays", []*snapshot.Record{partner("a", 60), partner("b", 50)}, changes{"b": 30}, "90", []string{"b"}},
		{"those behind it are taken", []*snapshot.Record{partner("a", 60), partner("b", 50), partner("c", 20), partner("d", 20)}, changes{"b": 0, "c": 0, "d": 0}, "100", []string{"b"}},
		{"several are refused", []*snapshot.Record{partner("a", 90), partner("b", 50), partner("c", 5), partner("d", 50)}, changes{"b": 0, "c": 0, "d": 0}, "95", []string{"b", "d"}},
		{"a change that makes room counts", []*snapshot.Record{partner("a", 10), partner("b", 60)}, changes{"a": 90, "b": 10}, "70", nil},
		{"nothing at all", nil, nil, "", nil},
		{"all are too large", []*snapshot.Record{partner("a", 101)}, changes{"a": 0}, "", []string{"a"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			before := map[snapshot.Key]*snapshot.Record{}
			for id, room := range tt.changed {
				key := partner(id, 0).Key()
				before[key] = nil
				if room > 0 {
					before[key] = partner(id, room)
				}
			}
			got, err := fit(limited, Content{Records: tt.records, Before: before})
			if err != nil || got.shard.Digest != tt.room {
				t.Fatalf("fit() takes %q, %v; want %q", got.shard.Digest, err, tt.room)
			}
			var refused []string
			for _, key := range got.refused {
				refused = append(refused, key.ID)
			}
			if !slices.Equal(refused, tt.refused) {
				t.Errorf("refused %v, want %v", refused, tt.refused)
			}
		})
	}
}

// Very many changes that do not fit cost a bounded number of attempts.
func TestFitGivesUp(t *testing.T) {
	var records []*snapshot.Record
	before := map[snapshot.Key]*snapshot.Record{}
	for i := range 1000 {
		r := partner(fmt.Sprintf("p%04d", i), 200)
		records, before[r.Key()] = append(records, r), nil
	}
	attempts := 0
	counting := func(records []*snapshot.Record) (snapshot.Shard, error) { attempts++; return limited(records) }
	got, err := fit(counting, Content{Records: records, Before: before})
	if err != nil || len(got.refused) != 1000 || attempts > 120 {
		t.Errorf("%d refused after %d attempts, %v", len(got.refused), attempts, err)
	}
}

func TestFitOtherErrors(t *testing.T) {
	broken := errors.New("broken")
	fails := func([]*snapshot.Record) (snapshot.Shard, error) { return snapshot.Shard{}, broken }
	if _, err := fit(fails, Content{Records: []*snapshot.Record{partner("a", 1)}}); !errors.Is(err, broken) {
		t.Errorf("fit() = %v", err)
	}
	later := func(records []*snapshot.Record) (snapshot.Shard, error) {
		if len(records) < 2 {
			return snapshot.Shard{}, broken
		}
		return limited(records)
	}
	content := Content{Records: []*snapshot.Record{partner("a", 60), partner("b", 60)}, Before: map[snapshot.Key]*snapshot.Record{partner("b", 0).Key(): nil}}
	if _, err := fit(later, content); !errors.Is(err, broken) {
		t.Errorf("fit() = %v", err)
	}
}
