package publish

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/waypost/waypost/api/snapshot"
)

func TestTwoPublishers(t *testing.T) {
	c := newCluster(t)
	first, _ := c.publisher(t)
	publishOK(t, first, Change{Contents: contents(offer("a", "A"))})
	second, _ := c.publisher(t)
	publishOK(t, second, Change{Contents: contents(offer("a", "by the second"))})

	_, err := first.Publish(t.Context(), Change{Contents: contents(offer("a", "by the first"))})
	if !errors.Is(err, ErrSuperseded) {
		t.Fatalf("the loser gets %v", err)
	}
	if revision, titles := c.served(t); revision != 2 || titles["a"] != "by the second" {
		t.Errorf("revision %d serves %v", revision, titles)
	}
	if err := first.Verify(t.Context()); !errors.Is(err, ErrSuperseded) {
		t.Errorf("Verify() = %v", err)
	}
	// Both begin with nothing published.
	c = newCluster(t)
	first, _ = c.publisher(t)
	second, _ = c.publisher(t)
	publishOK(t, first, Change{})
	if _, err := second.Publish(t.Context(), Change{}); !errors.Is(err, ErrSuperseded) {
		t.Errorf("the loser of the very first publication gets %v", err)
	}
}

func TestAnnotationsSurvive(t *testing.T) {
	c := newCluster(t)
	p, _ := c.publisher(t)
	publishOK(t, p, Change{Contents: contents(offer("a", "A"))})
	if err := annotate(t.Context(), c, c.namespace, AnnotationConfirm, "ab12"); err != nil {
		t.Fatal(err)
	}
	publishOK(t, p, Change{Contents: contents(offer("a", "A2"))})
	object := c.manifest(t)
	if got := ReadRequests(object); !slices.Equal(got.Confirmed, []string{"ab12"}) {
		t.Errorf("requests after a publication: %+v", got)
	}
	if err := Release(t.Context(), c, c.namespace); err != nil {
		t.Fatal(err) // so that the manifest is another one than the publisher read
	}
	if err := annotate(t.Context(), c, c.namespace, AnnotationConfirm, "ab12 "); err != nil {
		t.Fatal(err)
	}
	if err := p.Hold(t.Context(), map[string]int{"shop": 14}); !apierrors.IsConflict(err) {
		t.Fatalf("Hold() on a manifest that has changed = %v", err)
	}
	if err := p.Hold(t.Context(), map[string]int{"shop": 14}); err != nil {
		t.Fatal(err)
	}
	if got := ReadRequests(c.manifest(t)); got.Held["shop"] != 14 || len(got.Confirmed) != 1 {
		t.Errorf("requests with a hold: %+v", got)
	}
	if err := p.Hold(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if got := ReadRequests(c.manifest(t)); got.Held != nil {
		t.Errorf("requests after the hold: %+v", got)
	}
	if revision, titles := c.served(t); revision != 2 || titles["a"] != "A2" {
		t.Errorf("revision %d serves %v", revision, titles)
	}
}

func TestManifestLost(t *testing.T) {
	damage := map[string]func(t *testing.T, c *cluster, old *corev1.ConfigMap){
		"deleted": func(t *testing.T, c *cluster, _ *corev1.ConfigMap) {
			if err := c.Delete(t.Context(), c.manifest(t)); err != nil {
				t.Fatal(err)
			}
		},
		"edited": func(t *testing.T, c *cluster, _ *corev1.ConfigMap) {
			c.edit(t, snapshot.ManifestKey, func(data string) string { return strings.Replace(data, `"revision":3`, `"revision":9`, 1) })
		},
		"without its signature": func(t *testing.T, c *cluster, _ *corev1.ConfigMap) {
			c.edit(t, snapshot.ManifestKey, func(data string) string { return strings.Replace(data, `"signature":"`, `"signature":"AAAA`, 1) })
		},
		"another history": func(t *testing.T, c *cluster, _ *corev1.ConfigMap) {
			c.edit(t, HistoryKey, func(string) string { return "" })
		},
		"restored": func(t *testing.T, c *cluster, old *corev1.ConfigMap) {
			object := c.manifest(t)
			object.Data = old.Data
			if err := c.Update(t.Context(), object); err != nil {
				t.Fatal(err)
			}
		},
	}
	for name, spoil := range damage {
		t.Run(name, func(t *testing.T) {
			c := newCluster(t)
			p, _ := c.publisher(t)
			publishOK(t, p, Change{Contents: contents(offer("a", "A"))})
			publishOK(t, p, Change{Contents: contents(offer("a", "A2"))})
			old := c.manifest(t)
			publishOK(t, p, Change{Contents: contents(offer("a", "A3"))})
			if !maps.Equal(p.Data(), c.manifest(t).Data) || p.Verify(t.Context()) != nil {
				t.Fatal("the manifest that was just written is not recognized")
			}
			spoil(t, c, old)
			if err := p.Verify(t.Context()); !errors.Is(err, ErrLost) || p.Data() != nil {
				t.Fatalf("Verify() = %v, Data() = %v", err, p.Data())
			}
			publishOK(t, p, Change{Contents: contents(offer("a", "A3"))})
			if revision, titles := c.served(t); revision != 4 || titles["a"] != "A3" {
				t.Errorf("revision %d serves %v", revision, titles)
			}
		})
	}
}

func TestPublishFindsTheManifestLost(t *testing.T) {
	c := newCluster(t)
	p, _ := c.publisher(t)
	publishOK(t, p, Change{Contents: contents(offer("a", "A"))})
	if err := c.Delete(t.Context(), c.manifest(t)); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Publish(t.Context(), Change{Contents: contents(offer("b", "B"))}); !errors.Is(err, ErrLost) {
		t.Fatalf("Publish() = %v", err)
	}
	publishOK(t, p, Change{Contents: contents(offer("a", "A"), offer("b", "B"))})
	if revision, titles := c.served(t); revision != 2 || len(titles) != 2 {
		t.Errorf("revision %d serves %v", revision, titles)
	}
}

func TestLostAnswer(t *testing.T) {
	c := newCluster(t)
	p, _ := c.publisher(t)
	publishOK(t, p, Change{Contents: contents(offer("a", "A"))})
	lost := errors.New("connection reset")
	c.fail = func(_ string, o client.Object) error {
		if o.GetName() == snapshot.ManifestName {
			return lost
		}
		return nil
	}
	if _, err := p.Publish(t.Context(), Change{Contents: contents(offer("a", "A2"))}); !errors.Is(err, lost) {
		t.Fatalf("Publish() = %v", err)
	}
	c.fail = nil
	result := publishOK(t, p, Change{Contents: contents(offer("a", "A2"))})
	if revision, titles := c.served(t); revision != 2 || titles["a"] != "A2" || !result.Wrote {
		t.Errorf("revision %d serves %v, wrote %v", revision, titles, result.Wrote)
	}

	c.fail = func(string, client.Object) error { return lost }
	if _, err := p.Publish(t.Context(), Change{Contents: contents(offer("a", "A3"))}); !errors.Is(err, lost) {
		t.Fatalf("Publish() = %v", err)
	}
	c.fail = nil
	publishOK(t, p, Change{Contents: contents(offer("a", "A4"))})
	if _, titles := c.served(t); titles["a"] != "A4" {
		t.Errorf("serves %v", titles)
	}
}
