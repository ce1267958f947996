package publish

import (
	"crypto/ed25519"
	"errors"
	"testing"

	"github.com/waypost/waypost/api/snapshot"
)

func TestLoadContinues(t *testing.T) {
	c := newCluster(t)
	p, _ := c.publisher(t)
	publishOK(t, p, Change{Contents: contents(offer("a", "A"), offer("b", "B"))})
	c.wrote()

	again, previous := c.publisher(t)
	if previous.Manifest.Revision != 1 || len(previous.Records) != 2 || previous.Problems != nil {
		t.Fatalf("Load() = %+v", previous)
	}
	if result := publishOK(t, again, Change{Contents: contents(previous.Records...)}); result.Wrote || c.wrote() != "" {
		t.Errorf("publishing what was loaded wrote revision %d", result.Manifest.Revision)
	}
	publishOK(t, again, Change{Contents: contents(offer("a", "A2"))})
	if revision, titles := c.served(t); revision != 2 || titles["b"] != "B" {
		t.Errorf("revision %d serves %v", revision, titles)
	}
}

func TestLoadForeignManifest(t *testing.T) {
	c := newCluster(t)
	p, _ := c.publisher(t)
	publishOK(t, p, Change{Contents: contents(offer("a", "A")), Floor: 41})
	oldKey := c.key
	_, key, _ := ed25519.GenerateKey(nil)
	c.key = key

	again, previous := c.publisher(t)
	if previous.Manifest != nil || previous.Records != nil || len(previous.Problems) != 1 || !errors.Is(previous.Problems[0], snapshot.ErrSignature) {
		t.Fatalf("Load() = %+v", previous)
	}
	publishOK(t, again, Change{Contents: contents(offer("a", "new"))})
	if revision, titles := c.served(t); revision != 43 || titles["a"] != "new" {
		t.Errorf("revision %d serves %v", revision, titles)
	}

	// A key that was replaced may still be trusted.
	trusting := New(Options{Client: c, Namespace: c.namespace, Key: oldKey, Trusted: []ed25519.PublicKey{key.Public().(ed25519.PublicKey)}})
	if previous, err := trusting.Load(t.Context()); err != nil || len(previous.Records) != 1 {
		t.Errorf("Load() with the new key trusted = %+v, %v", previous, err)
	}
}

func TestLoadDamagedShard(t *testing.T) {
	c := newCluster(t)
	p, _ := c.publisher(t)
	publishOK(t, p, Change{Contents: contents(offer("a", "A"), offer("b", "B"))})
	c.recreate(t, p.Current().Shards[0].Digest)

	again, previous := c.publisher(t)
	if len(previous.Records) != 1 || len(previous.Problems) != 1 || !errors.Is(previous.Problems[0], errShardMissing) {
		t.Fatalf("Load() = %+v", previous)
	}
	if result := publishOK(t, again, Change{Contents: contents(offer("a", "A"), offer("b", "B"))}); result.Wrote || result.Shards != 1 {
		t.Errorf("the repair is %+v; trackers need no new revision", result)
	}
	if _, titles := c.served(t); len(titles) != 2 {
		t.Errorf("serves %v", titles)
	}
}

// Of a damaged shard the newest earlier form that is sound and signed is taken.
func TestLoadDamagedShardFromEarlierRevisions(t *testing.T) {
	tests := []struct {
		name    string
		damaged int    // how many of the newest forms
		forged  bool   // nobody who is trusted signed the earlier revisions
		want    string // title of the offer, "" for none
	}{
		{"sound", 0, false, "third"},
		{"the newest", 1, false, "second"},
		{"the two newest", 2, false, "first"},
		{"all", 3, false, ""},
		{"earlier ones are forged", 1, true, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := newCluster(t)
			p, _ := c.publisher(t)
			var digests []string
			for _, title := range []string{"first", "second", "third"} {
				if title == "third" && tt.forged {
					former := c.key
					_, c.key, _ = ed25519.GenerateKey(nil)
					p = New(Options{Client: c, Namespace: c.namespace, Key: c.key, Trusted: []ed25519.PublicKey{former.Public().(ed25519.PublicKey)}})
					if _, err := p.Load(t.Context()); err != nil {
						t.Fatal(err)
					}
				}
				publishOK(t, p, Change{Contents: contents(offer("a", title))})
				digests = append([]string{p.Current().Shards[0].Digest}, digests...)
			}
			for _, digest := range digests[:tt.damaged] {
				c.recreate(t, digest)
			}
			_, previous := c.publisher(t)
			got := ""
			for _, r := range previous.Records {
				got += r.Offer.Title
			}
			if got != tt.want || (len(previous.Problems) > 0) != (tt.damaged > 0) {
				t.Errorf("loaded %q with the problems %v, want %q", got, previous.Problems, tt.want)
			}
		})
	}
}
