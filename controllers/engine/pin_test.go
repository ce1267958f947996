package engine

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/waypost/waypost/api/snapshot"
)

func manifestOf(t *testing.T, revision int64, contents map[int]int) *snapshot.Manifest {
	t.Helper()
	var refs []snapshot.ShardRef
	for index, content := range contents {
		refs = append(refs, snapshot.ShardRef{Index: index, Digest: fmt.Sprintf("sha256:%064x", content), Records: 1})
	}
	m, err := snapshot.NewManifest(revision, refs)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestDiffering(t *testing.T) {
	current := manifestOf(t, 9, map[int]int{1: 10, 2: 20, 3: 30})
	target := manifestOf(t, 5, map[int]int{2: 20, 3: 31, 4: 40})
	indexes, refs := differing(current, target)
	if !slices.Equal(indexes, []int{1, 3, 4}) {
		t.Errorf("indexes %v", indexes)
	}
	if len(refs) != 2 || refs[0].Index != 3 || refs[1].Index != 4 || refs[0].Digest != target.Shards[1].Digest {
		t.Errorf("refs %+v; the emptied shard has none", refs)
	}
}

// A manifest that looks different is looked into, but not at once: a watch lags.
func TestShown(t *testing.T) {
	published := map[string]string{snapshot.ManifestKey: `{"revision":9,"signature":"AAAA"}`, "history.json": "[]"}
	object := func(change func(data map[string]string)) *corev1.ConfigMap {
		data := maps.Clone(published)
		change(data)
		return &corev1.ConfigMap{Data: data}
	}
	tests := []struct {
		name     string
		object   *corev1.ConfigMap
		doubtful bool
	}{
		{"the published one", object(func(map[string]string) {}), false},
		{"an older one", object(func(d map[string]string) { d[snapshot.ManifestKey] = `{"revision":8,"signature":"AAAA"}` }), true},
		{"another signature", object(func(d map[string]string) { d[snapshot.ManifestKey] = `{"revision":9,"signature":"AAAB"}` }), true},
		{"another history", object(func(d map[string]string) { d["history.json"] = "" }), true},
		{"no manifest", &corev1.ConfigMap{}, true},
		{"gone", nil, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var s shown
			if !s.doubtful(published).IsZero() {
				t.Error("doubtful before anything was seen")
			}
			s.see(tt.object, noon)
			if got := s.doubtful(published); got.IsZero() == tt.doubtful || tt.doubtful && !got.Equal(noon.Add(watchLag)) {
				t.Errorf("doubtful at %v", got)
			}
			if !s.doubtful(nil).IsZero() {
				t.Error("doubtful although nothing was published")
			}
		})
	}
}
