package engine

import (
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/api/v1alpha1"
	"github.com/waypost/waypost/controllers/compile"
	"github.com/waypost/waypost/controllers/metrics"
	"github.com/waypost/waypost/controllers/status"
)

func TestLateness(t *testing.T) {
	var l lateness
	if !l.next().IsZero() {
		t.Fatal("nothing is expected, yet something is late")
	}
	a, b := status.Key{Kind: snapshot.KindOffer, Name: "a"}, status.Key{Kind: snapshot.KindOffer, Name: "b"}
	l.overdueOnly(a, &object{}, noon)
	l.expect(b, &object{}, seconds(10))
	steps := []struct {
		at, next      float64 // seconds; next 0 for none
		slow, overdue int
	}{
		{10.5, 11, 0, 0},
		{11, 60, 1, 0},
		{60, 70, 0, 1},
		{70, 0, 0, 1},
		{80, 0, 0, 0},
	}
	for _, s := range steps {
		if n := len(due(&l.slow, seconds(s.at))); n != s.slow {
			t.Errorf("at %v s %d are slow, want %d", s.at, n, s.slow)
		}
		if n := len(due(&l.overdue, seconds(s.at))); n != s.overdue {
			t.Errorf("at %v s %d are overdue, want %d", s.at, n, s.overdue)
		}
		if next := l.next(); s.next == 0 != next.IsZero() || s.next > 0 && !next.Equal(seconds(s.next)) {
			t.Errorf("after %v s the next one is late at %v, want %v s", s.at, next, s.next)
		}
	}
}

// Of the objects that are there when the operator begins nobody waits for a word
// within a second, unless they were edited while no operator ran; of an edit that
// comes later somebody does.
func TestLatenessOfTheInitialList(t *testing.T) {
	tests := []struct {
		name                 string
		listed               bool
		generation, observed int64
		slow                 int
	}{
		{"never judged", false, 1, -1, 0},
		{"judged by an earlier operator", false, 2, 2, 0},
		{"edited since", false, 3, 2, 1},
		{"made while the operator runs", true, 1, -1, 1},
		{"edited while the operator runs", true, 3, 2, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			measured, err := metrics.New(prometheus.NewRegistry())
			if err != nil {
				t.Fatal(err)
			}
			e := New(Options{World: compile.New(compile.Options{}), Metrics: measured, Now: func() time.Time { return noon }})
			e.listed = tt.listed
			offer := &v1alpha1.Offer{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "shoes", UID: "1", Generation: tt.generation}}
			offer.Status.ObservedGeneration = tt.observed
			e.changed(status.Key{Kind: snapshot.KindOffer, Namespace: "shop", Name: "shoes"}, offer)
			if len(e.late.slow) != tt.slow || len(e.late.overdue) != 1 {
				t.Errorf("%d are expected within a second and %d within a minute, want %d and 1", len(e.late.slow), len(e.late.overdue), tt.slow)
			}
		})
	}
}
