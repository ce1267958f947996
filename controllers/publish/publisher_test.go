package publish

import (
	"context"
	"errors"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/waypost/waypost/api/snapshot"
)

// cluster is a namespace of the real API server, with a count of the writes.

// wrote returns and forgets the writes since the last call.

// offer makes a record of a network's offer.

// contents puts records into their shards; empty also lists shards to empty.

// served is what a tracker would serve: it reads the manifest and all its shards.

func TestPublish(t *testing.T) {
	c := newCluster(t)
	p, previous := c.publisher(t)
	if previous.Manifest != nil || previous.Records != nil {
		t.Fatalf("an empty namespace has %+v", previous)
	}

	// An empty snapshot is one, too: trackers need to know that there is nothing.
	if result := publishOK(t, p, Change{}); result.Manifest.Revision != 1 || len(result.Manifest.Shards) != 0 || !result.Wrote {
		t.Fatalf("first publication: %+v", result)
	}
	if got := c.wrote(); got != "create manifest" {
		t.Errorf("an empty snapshot wrote %s", got)
	}

	a, b := offer("a", "A"), offer("b", "B")
	publishOK(t, p, Change{Contents: contents(a, b)})
	if got := c.wrote(); got != "create shard, create shard, update manifest" {
		t.Errorf("two offers in two shards wrote %s", got)
	}
	if revision, titles := c.served(t); revision != 2 || titles["a"] != "A" || titles["b"] != "B" {
		t.Fatalf("revision %d serves %v", revision, titles)
	}

	// One edited object: one shard and the manifest.
	publishOK(t, p, Change{Contents: contents(offer("a", "A2"))})
	if got := c.wrote(); got != "create shard, update manifest" {
		t.Errorf("one edit wrote %s", got)
	}
	if revision, titles := c.served(t); revision != 3 || titles["a"] != "A2" || titles["b"] != "B" {
		t.Fatalf("revision %d serves %v", revision, titles)
	}

	// Nothing changed: nothing written.
	if result := publishOK(t, p, Change{Contents: contents(offer("a", "A2"))}); result.Wrote || result.Manifest.Revision != 3 || c.wrote() != "" {
		t.Errorf("the same content again is %+v", result)
	}

	// An emptied shard leaves the manifest.
	publishOK(t, p, Change{Contents: []Content{{Index: snapshot.ShardOf(b.Key())}}})
	if revision, titles := c.served(t); revision != 4 || len(titles) != 1 {
		t.Fatalf("revision %d serves %v", revision, titles)
	}
}

func TestPublishFloor(t *testing.T) {
	c := newCluster(t)
	p, _ := c.publisher(t)
	publishOK(t, p, Change{Contents: contents(offer("a", "A")), Floor: 900})
	if revision, _ := c.served(t); revision != 901 {
		t.Fatalf("revision %d, want the one behind the trackers' 900", revision)
	}
	publishOK(t, p, Change{Floor: 1200})
	if revision, _ := c.served(t); revision != 1201 {
		t.Fatalf("revision %d: a tracker that is ahead makes an unchanged snapshot move, too", revision)
	}
	publishOK(t, p, Change{Floor: 1201})
	if revision, _ := c.served(t); revision != 1201 {
		t.Fatalf("revision %d: the trackers are where the manifest is", revision)
	}
}

func TestPublishSchemaNobodyReads(t *testing.T) {
	c := newCluster(t)
	p, _ := c.publisher(t)
	_, err := p.Publish(t.Context(), Change{Contents: contents(offer("a", "A")), Schemas: [][]int{{99}}})
	if !errors.Is(err, ErrNoCommonSchema) || c.wrote() != "" {
		t.Fatalf("Publish() = %v", err)
	}
}

// A manifest that disappears, is edited, or is restored from a backup is written

// again, behind every revision that was ever published.

// The first hint may also be the write itself.

// A manifest that somebody else has signed is not believed after a restart: its

// records must not become the last good form of anything.

// recreate puts something else under a shard's name.

// A write that happened although its answer was lost is not mistaken for another

// operator's, and what was edited since is published on top of it.

func TestPublishRefusesWhatDoesNotFit(t *testing.T) {
	c := newCluster(t)
	p, _ := c.publisher(t)
	p.encode = func(records []*snapshot.Record) (snapshot.Shard, error) {
		for _, r := range records {
			if r.Offer.Title == "too large" {
				return snapshot.Shard{}, snapshot.ErrShardTooLarge
			}
		}
		return snapshot.EncodeShard(records)
	}
	before := offer("a", "A")
	publishOK(t, p, Change{Contents: contents(before)})
	change := contents(offer("a", "too large"))
	change[0].Before = map[snapshot.Key]*snapshot.Record{before.Key(): before}
	result := publishOK(t, p, Change{Contents: change})
	if len(result.Refused) != 1 || result.Refused[0] != before.Key() || result.Wrote {
		t.Errorf("Publish() = %+v", result)
	}
	if _, titles := c.served(t); titles["a"] != "A" {
		t.Errorf("serves %v", titles)
	}
}

// The history is not signed as a whole, each of its revisions is: what no

// operator has published cannot be rolled back to.

// What a tracker serves stays, however old it is.

func TestPublishWithoutNamespace(t *testing.T) {
	c := newCluster(t)
	c.namespace = "nobody-made-it"
	p, _ := c.publisher(t)
	if _, err := p.Publish(t.Context(), Change{}); !apierrors.IsNotFound(err) || errors.Is(err, ErrLost) {
		t.Errorf("Publish() = %v, want that the namespace is missing", err)
	}
}

// When the API server refuses, nothing has changed for trackers, and the same

// change can be published later.

func TestPublishFails(t *testing.T) {
	c := newCluster(t)
	p, _ := c.publisher(t)
	publishOK(t, p, Change{Contents: contents(offer("a", "A"))})
	forbidden := apierrors.NewForbidden(corev1.Resource("configmaps"), "x", errors.New("exceeded quota"))
	inner := c.Client
	c.Client = interceptor.NewClient(inner.(client.WithWatch), interceptor.Funcs{
		Create: func(context.Context, client.WithWatch, client.Object, ...client.CreateOption) error { return forbidden },
	})
	if _, err := p.Publish(t.Context(), Change{Contents: contents(offer("a", "A2"))}); !apierrors.IsForbidden(err) {
		t.Fatalf("Publish() = %v", err)
	}
	if _, titles := c.served(t); titles["a"] != "A" {
		t.Errorf("serves %v", titles)
	}
	c.Client = inner
	publishOK(t, p, Change{Contents: contents(offer("a", "A2"))})
	if revision, titles := c.served(t); revision != 2 || titles["a"] != "A2" {
		t.Errorf("revision %d serves %v", revision, titles)
	}
}
