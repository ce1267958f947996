package publish

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/waypost/waypost/api/snapshot"
)

// digest makes up the digest of a shard's content.
func digest(content int) string { return fmt.Sprintf("sha256:%064x", content) }

func refs(contents map[int]int) []snapshot.ShardRef {
	var all [snapshot.Shards]snapshot.ShardRef
	for index, content := range contents {
		all[index] = snapshot.ShardRef{Index: index, Digest: digest(content), Records: 1}
	}
	return present(all)
}

func manifestOf(t *testing.T, revision int64, contents map[int]int) *snapshot.Manifest {
	t.Helper()
	m, err := snapshot.NewManifest(revision, refs(contents))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// Whatever shards change, every retained revision is found again as it was.
func TestHistoryFindsEveryRevision(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	contents := map[int]int{}
	var history History
	var manifests []*snapshot.Manifest
	for revision := int64(1); revision <= 60; revision++ {
		for range random.IntN(4) {
			if index := random.IntN(8); random.IntN(4) == 0 {
				delete(contents, index)
			} else {
				contents[index] = random.IntN(1000)
			}
		}
		m := manifestOf(t, revision, contents)
		m.Signature, m.KeyID = []byte{byte(revision)}, "key"
		var current *snapshot.Manifest
		if len(manifests) > 0 {
			current = manifests[len(manifests)-1]
		}
		history = history.push(current, m, time.Unix(revision, 0).UTC(), 7, 0)
		manifests = append(manifests, m)

		data, err := history.encode()
		if err != nil {
			t.Fatal(err)
		}
		history = decodeHistory(data, m)
		for i, want := range slices.Backward(manifests) {
			got, ok := history.Manifest(m.Shards, want.Revision)
			if retained := len(manifests)-i <= 7; ok != retained {
				t.Fatalf("at %d: revision %d retained %v", revision, want.Revision, ok)
			}
			if ok && !reflect.DeepEqual(got, want) {
				t.Fatalf("at %d: revision %d is\n%+v, was\n%+v", revision, want.Revision, got, want)
			}
		}
	}
}

func TestHistoryRetains(t *testing.T) {
	tests := []struct {
		name  string
		inUse int64 // the lowest revision that a tracker serves
		want  int
	}{
		{"the newest", 0, 7},
		{"no more for trackers that are current", 60, 7},
		{"what a tracker still serves", 41, 20},
		{"but not without end", 1, 60},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var history History
			var current *snapshot.Manifest
			for revision := int64(1); revision <= 60; revision++ {
				next := manifestOf(t, revision, map[int]int{3: int(revision)})
				history = history.push(current, next, time.Unix(revision, 0), 7, tt.inUse)
				current = next
			}
			if len(history) != tt.want || history[0].Revision != 60 {
				t.Errorf("retains %d revisions %v, want %d", len(history), history.Revisions(), tt.want)
			}
		})
	}
	var history History
	for revision := int64(1); revision <= 2*maxKeep; revision++ {
		history = history.push(nil, manifestOf(t, revision, nil), time.Unix(revision, 0), 7, 1)
	}
	if len(history) != maxKeep {
		t.Errorf("a tracker that never loads anything retains %d revisions, want %d", len(history), maxKeep)
	}
}

// A revision in which everything changed is large: the oldest go first, but the
// last few stay.
func TestHistoryIsBounded(t *testing.T) {
	var history History
	var current *snapshot.Manifest
	for revision := int64(1); revision <= 30; revision++ {
		contents := map[int]int{}
		for index := range snapshot.Shards {
			contents[index] = int(revision)*snapshot.Shards + index
		}
		next := manifestOf(t, revision, contents)
		history = history.push(current, next, time.Unix(revision, 0), 30, 0)
		current = next
	}
	data, err := history.encode()
	if err != nil {
		t.Fatal(err)
	}
	kept := decodeHistory(data, current)
	if len(data) > maxHistoryBytes || len(kept) < MinKeep || len(kept) == 30 {
		t.Errorf("%d bytes for %d revisions", len(data), len(kept))
	}

	// Not even one that is too long loses them.
	for i := range history {
		history[i].Signature = make([]byte, maxHistoryBytes/4)
	}
	if data, err = history.encode(); err != nil {
		t.Fatal(err)
	}
	if kept := decodeHistory(data, current); len(kept) != MinKeep {
		t.Errorf("%d revisions are kept of those that are too long, want %d", len(kept), MinKeep)
	}
}

func TestHistoryThatIsDamaged(t *testing.T) {
	current := manifestOf(t, 9, map[int]int{1: 1})
	for _, data := range []string{"", "{", "[]", `[{"revision":8}]`, `[{"revision":"x"}]`} {
		got := decodeHistory(data, current)
		if len(got) != 1 || got[0].Revision != 9 {
			t.Errorf("decodeHistory(%q) = %v", data, got.Revisions())
		}
		if _, ok := got.Manifest(current.Shards, 9); !ok {
			t.Errorf("decodeHistory(%q) has lost the current revision", data)
		}
	}
	bad := History{{Revision: 9}, {Revision: 8, Changed: []snapshot.ShardRef{{Index: -1}, {Index: snapshot.Shards, Digest: "x"}}}}
	if m, ok := bad.Manifest(current.Shards, 8); !ok || len(m.Shards) != 1 {
		t.Errorf("indexes out of range: %+v", m)
	}
}

func TestHistoryDigests(t *testing.T) {
	var history History
	history = history.push(nil, manifestOf(t, 1, map[int]int{1: 10, 2: 20}), time.Unix(1, 0), 5, 0)
	history = history.push(manifestOf(t, 1, map[int]int{1: 10, 2: 20}), manifestOf(t, 2, map[int]int{1: 11, 3: 30}), time.Unix(2, 0), 5, 0)
	used := history.digests(refs(map[int]int{1: 11, 3: 30}))
	var got []string
	for d := range used {
		got = append(got, strings.TrimLeft(strings.TrimPrefix(d, "sha256:"), "0"))
	}
	slices.Sort(got)
	if want := []string{"14", "1e", "a", "b"}; !slices.Equal(got, want) { // 20, 30, 10, 11
		t.Errorf("digests = %v, want %v", got, want)
	}
}
