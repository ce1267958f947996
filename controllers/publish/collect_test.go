package publish

import (
	"fmt"
	"slices"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/waypost/waypost/api/snapshot"
)

func TestCollect(t *testing.T) {
	c := newCluster(t)
	p, _ := c.publisher(t)
	p.keep = MinKeep
	for i := 1; i <= 10; i++ {
		publishOK(t, p, Change{Contents: contents(offer("a", fmt.Sprint("A", i)), offer("b", "B"))})
	}
	collect := func() Collected {
		t.Helper()
		collected, err := p.Collect(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return collected
	}
	if got := collect(); got.Removed != 0 || got.Kept != 11 {
		t.Fatalf("young shards: %+v; another operator may be about to name them", got)
	}
	c.now = c.now.Add(minAge + time.Minute)
	if got := collect(); got.Removed != 5 || got.Kept != 6 || got.Missing != nil {
		t.Errorf("%+v; five revisions of a, and b, are in use", got)
	}
	if _, titles := c.served(t); titles["a"] != "A10" || titles["b"] != "B" {
		t.Errorf("serves %v", titles)
	}
	if result, err := p.Rollback(t.Context(), 6, Change{}); err != nil || !result.Wrote {
		t.Errorf("the oldest retained revision: %v", err)
	}
	if _, titles := c.served(t); titles["a"] != "A6" {
		t.Errorf("serves %v after the rollback", titles)
	}
}

// However few revisions somebody asks for, the last five can be had again.
func TestCollectKeepsTheLastFive(t *testing.T) {
	for _, keep := range []int{-1, 1, MinKeep - 1} {
		t.Run(fmt.Sprint(keep), func(t *testing.T) {
			c := newCluster(t)
			p := New(Options{Client: c, Namespace: c.namespace, Key: c.key, Keep: keep, Now: func() time.Time { return c.now }})
			for i := 1; i <= 8; i++ {
				publishOK(t, p, Change{Contents: contents(offer("a", fmt.Sprint("A", i)))})
			}
			c.now = c.now.Add(minAge + time.Minute)
			if collected, err := p.Collect(t.Context()); err != nil || collected.Removed != 3 || collected.Kept != 5 {
				t.Fatalf("%+v, %v; want the last five revisions of eight kept", collected, err)
			}
			if _, err := p.Rollback(t.Context(), 4, Change{}); err != nil {
				t.Fatal(err)
			}
			if _, titles := c.served(t); titles["a"] != "A4" {
				t.Errorf("serves %v, want the fifth newest", titles)
			}
		})
	}
}

// What another operator has written under a shard's name since it was listed is not
// removed: it may be about to name it.
func TestCollectSparesWhatWasWrittenMeanwhile(t *testing.T) {
	c := newCluster(t)
	p, _ := c.publisher(t)
	p.keep = MinKeep
	publishOK(t, p, Change{Contents: contents(offer("a", "unused"))})
	unused := p.Current().Shards[0].Digest
	for i := range MinKeep {
		publishOK(t, p, Change{Contents: contents(offer("a", fmt.Sprint("A", i)))})
	}
	c.now = c.now.Add(minAge + time.Minute)
	written := c.writeMeanwhile(t, unused, c.shard(t, unused).BinaryData)
	if _, err := p.Collect(t.Context()); err != nil {
		t.Fatal(err)
	}
	if now := c.shard(t, unused); now.UID != written() {
		t.Errorf("the shard is %s, want %s, which was written meanwhile", now.UID, written())
	}
}

// The same when what has a shard's name is not the shard.
func TestPublishSparesWhatWasWrittenMeanwhile(t *testing.T) {
	c := newCluster(t)
	p, _ := c.publisher(t)
	change := Change{Contents: contents(offer("a", "A"))}
	publishOK(t, p, change)
	digest := p.Current().Shards[0].Digest
	sound := c.shard(t, digest).BinaryData
	c.recreate(t, digest)
	p.Doubt()
	written := c.writeMeanwhile(t, digest, sound)
	if _, err := p.Publish(t.Context(), change); !apierrors.IsConflict(err) {
		t.Errorf("Publish() = %v, want a conflict", err)
	}
	publishOK(t, p, change)
	if now := c.shard(t, digest); now.UID != written() {
		t.Errorf("the shard is %s, want %s, which was written meanwhile", now.UID, written())
	}
}

func TestCollectKeepsWhatTrackersServe(t *testing.T) {
	c := newCluster(t)
	p, _ := c.publisher(t)
	p.keep = MinKeep
	for i := 1; i <= 10; i++ {
		publishOK(t, p, Change{Contents: contents(offer("a", fmt.Sprint("A", i))), InUse: 2})
	}
	c.now = c.now.Add(minAge + time.Minute)
	collected, err := p.Collect(t.Context())
	if err != nil || collected.Removed != 1 || collected.Kept != 9 {
		t.Errorf("%+v, %v; revision 2 and all later ones are in use", collected, err)
	}
}

// What somebody has put under a shard's name is read once, and found out.
func TestCollectFindsForeignShards(t *testing.T) {
	c := newCluster(t)
	p, _ := c.publisher(t)
	a, b := offer("a", "A"), offer("b", "B")
	publishOK(t, p, Change{Contents: contents(a, b)})
	foreign, copied := p.Current().Shards[0], p.Current().Shards[1]
	c.replace(t, foreign.Digest, func(data map[string][]byte) { data[snapshot.ShardKey] = []byte("something else") })
	c.replace(t, copied.Digest, func(map[string][]byte) {})

	collected, err := p.Collect(t.Context())
	if err != nil || !slices.Equal(collected.Missing, []int{foreign.Index}) {
		t.Fatalf("%+v, %v; want shard %d alone", collected, err, foreign.Index)
	}
	if result := publishOK(t, p, Change{Contents: contents(a, b)}); result.Wrote || result.Shards != 1 {
		t.Errorf("the repair is %+v", result)
	}
	if collected, err := p.Collect(t.Context()); err != nil || len(collected.Missing) > 0 {
		t.Errorf("after the repair: %+v, %v", collected, err)
	}
	if _, titles := c.served(t); len(titles) != 2 {
		t.Errorf("serves %v", titles)
	}
}

func TestCollectFindsMissingShards(t *testing.T) {
	c := newCluster(t)
	p, _ := c.publisher(t)
	a, b := offer("a", "A"), offer("b", "B")
	publishOK(t, p, Change{Contents: contents(a, b)})
	lost := p.Current().Shards[0]
	object := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: c.namespace, Name: snapshot.ShardName(lost.Digest)}}
	if err := c.Delete(t.Context(), object); err != nil {
		t.Fatal(err)
	}
	collected, err := p.Collect(t.Context())
	if err != nil || !slices.Equal(collected.Missing, []int{lost.Index}) {
		t.Fatalf("%+v, %v", collected, err)
	}
	if result := publishOK(t, p, Change{Contents: contents(a, b)}); result.Wrote || result.Shards != 1 {
		t.Errorf("the repair is %+v", result)
	}
	if _, titles := c.served(t); len(titles) != 2 {
		t.Errorf("serves %v", titles)
	}
}
