package publish

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/waypost/waypost/api/snapshot"
)

func TestRollback(t *testing.T) {
	c := newCluster(t)
	p, _ := c.publisher(t)
	for i := 1; i <= 8; i++ {
		publishOK(t, p, Change{Contents: contents(offer("a", fmt.Sprint("A", i)))})
	}
	result, err := p.Rollback(t.Context(), 3, Change{})
	if err != nil || result.Manifest.Revision != 9 || result.Manifest.Pinned != 3 {
		t.Fatalf("Rollback() = %+v, %v", result, err)
	}
	if revision, titles := c.served(t); revision != 9 || titles["a"] != "A3" {
		t.Fatalf("revision %d serves %v", revision, titles)
	}
	if result, err := p.Rollback(t.Context(), 3, Change{}); err != nil || result.Wrote {
		t.Errorf("the same rollback again is %+v, %v", result, err)
	}
	if _, err := p.Rollback(t.Context(), 99, Change{}); !errors.Is(err, ErrNotRetained) {
		t.Errorf("Rollback(99) = %v", err)
	}
	// It can be moved on and repaired as it is.
	if result := publishOK(t, p, Change{Floor: 20, Pinned: 3}); result.Manifest.Revision != 21 || result.Manifest.Pinned != 3 {
		t.Errorf("a pinned revision behind the trackers' 20: %+v", result.Manifest)
	}
	// A restart keeps it, and the configuration is followed again when it is released.
	again, previous := c.publisher(t)
	if previous.Manifest.Pinned != 3 || previous.Records[0].Offer.Title != "A3" {
		t.Fatalf("Load() = %+v", previous)
	}
	publishOK(t, again, Change{Contents: contents(offer("a", "A8"))})
	if revision, titles := c.served(t); revision != 22 || titles["a"] != "A8" || again.Current().Pinned != 0 {
		t.Errorf("revision %d serves %v", revision, titles)
	}
	// Releasing is a revision even when the content is the same.
	if _, err := again.Rollback(t.Context(), 8, Change{}); err != nil {
		t.Fatal(err)
	}
	if result := publishOK(t, again, Change{}); !result.Wrote || result.Manifest.Pinned != 0 {
		t.Errorf("release of a pin with the same content: %+v", result)
	}
}

func TestRollbackToForgedRevision(t *testing.T) {
	c := newCluster(t)
	p, _ := c.publisher(t)
	publishOK(t, p, Change{Contents: contents(offer("a", "A"))})
	publishOK(t, p, Change{Contents: contents(offer("a", "A2"))})
	object := c.manifest(t)
	object.Data[HistoryKey] = strings.Replace(object.Data[HistoryKey], `"revision":1,`, `"revision":1,"pinned":7,`, 1)
	if err := c.Update(t.Context(), object); err != nil {
		t.Fatal(err)
	}
	again, _ := c.publisher(t)
	if _, err := again.Rollback(t.Context(), 1, Change{}); !errors.Is(err, ErrNotRetained) || !errors.Is(err, snapshot.ErrSignature) {
		t.Errorf("Rollback() = %v", err)
	}
}

func TestRequests(t *testing.T) {
	c := newCluster(t)
	for name, request := range map[string]func() error{
		"rollback": func() error { return Rollback(t.Context(), c, c.namespace, 1) },
		"release":  func() error { return Release(t.Context(), c, c.namespace) },
	} {
		if err := request(); !errors.Is(err, errNothingPublished) {
			t.Errorf("%s with nothing published = %v", name, err)
		}
	}
	p, _ := c.publisher(t)
	publishOK(t, p, Change{Contents: contents(offer("a", "A"))})
	publishOK(t, p, Change{Contents: contents(offer("a", "A2"))})
	if err := Rollback(t.Context(), c, c.namespace, 7); !errors.Is(err, ErrNotRetained) || !strings.Contains(err.Error(), "[2 1]") {
		t.Errorf("rollback to what is not retained = %v", err)
	}
	if err := Rollback(t.Context(), c, c.namespace, 1); err != nil {
		t.Fatal(err)
	}
	if got := ReadRequests(c.manifest(t)); got.RollbackTo != 1 {
		t.Errorf("requests = %+v", got)
	}
	if err := Release(t.Context(), c, c.namespace); err != nil {
		t.Fatal(err)
	}
	if got := ReadRequests(c.manifest(t)); got.RollbackTo != 0 {
		t.Errorf("requests = %+v", got)
	}
}
