package status

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/api/v1alpha1"
)

func TestModified(t *testing.T) {
	created := metav1.NewTime(time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC))
	earlier := metav1.NewTime(created.Add(time.Hour))
	now := metav1.NewTime(created.Add(2 * time.Hour))
	accepted := func(generation int64, ok bool, modified *metav1.Time) *v1alpha1.Goal {
		goal := &v1alpha1.Goal{}
		goal.CreationTimestamp = created
		goal.Status.Modified = modified
		if generation > 0 {
			f := Facts{Generation: generation, Judged: true}
			if !ok {
				f.Accepted = invalid
			}
			goal.Status.Conditions = Conditions(f)
		}
		return goal
	}
	tests := []struct {
		name string
		old  *v1alpha1.Goal
		next Facts
		want *metav1.Time
	}{
		{"the first generation is as old as the goal", accepted(0, false, nil), Facts{Generation: 1, Judged: true}, &created},
		{"an accepted edit", accepted(1, true, &created), Facts{Generation: 2, Judged: true}, &now},
		{"the same generation again", accepted(2, true, &earlier), Facts{Generation: 2, Judged: true}, &earlier},
		{"an edit that is refused", accepted(2, true, &earlier), Facts{Generation: 3, Judged: true, Accepted: invalid}, &earlier},
		{"accepted after it was refused", accepted(3, false, &earlier), Facts{Generation: 3, Judged: true}, &now},
		{"never accepted", accepted(0, false, nil), Facts{Generation: 1, Judged: true, Accepted: invalid}, nil},
		{"not judged yet", accepted(2, true, &earlier), Facts{Generation: 3}, &earlier},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := next(tt.old, Outcome{Key: Key{Kind: snapshot.KindGoal}, Facts: tt.next}, now.Time).(*v1alpha1.Goal).Status.Modified
			if !got.Equal(tt.want) {
				t.Errorf("modified = %v, want %v", got, tt.want)
			}
		})
	}
}

// Until a generation is judged, observedGeneration stays where it was.
func TestObservedGeneration(t *testing.T) {
	old := &v1alpha1.Offer{}
	old.Status.ObservedGeneration = 2
	if got := next(old, Outcome{Key: Key{Kind: snapshot.KindOffer}, Facts: Facts{Generation: 3}}, time.Now()); got.GetObjectStatus().ObservedGeneration != 2 {
		t.Errorf("unjudged: observedGeneration %d", got.GetObjectStatus().ObservedGeneration)
	}
	if got := next(old, Outcome{Key: Key{Kind: snapshot.KindOffer}, Facts: Facts{Generation: 3, Judged: true}}, time.Now()); got.GetObjectStatus().ObservedGeneration != 3 {
		t.Errorf("judged: observedGeneration %d", got.GetObjectStatus().ObservedGeneration)
	}
}
