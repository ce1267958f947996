package status

import (
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/waypost/waypost/api/v1alpha1"
)

func TestMerge(t *testing.T) {
	before := metav1.NewTime(time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC))
	now := metav1.NewTime(before.Add(time.Hour))
	served := Conditions(published(func(*Facts) {}))
	old := merge(nil, served, before)

	t.Run("new conditions begin now", func(t *testing.T) {
		for _, c := range old {
			if !c.LastTransitionTime.Equal(&before) {
				t.Errorf("%s began %v, want %v", c.Type, c.LastTransitionTime, before)
			}
		}
	})
	t.Run("an unchanged status keeps its time, a changed one begins now", func(t *testing.T) {
		next := merge(old, Conditions(published(func(f *Facts) { f.Accepted = invalid; f.ServedGeneration = 2; f.Current = false })), now)
		want := map[string]metav1.Time{
			v1alpha1.ConditionAccepted: now, v1alpha1.ConditionResolvedRefs: before,
			v1alpha1.ConditionProgrammed: before, v1alpha1.ConditionReady: now, v1alpha1.ConditionStalled: now,
		}
		for _, c := range next {
			if at := want[c.Type]; !c.LastTransitionTime.Equal(&at) {
				t.Errorf("%s began %v, want %v", c.Type, c.LastTransitionTime, at)
			}
		}
	})
	t.Run("its arguments stay as they were", func(t *testing.T) {
		if !served[0].LastTransitionTime.IsZero() {
			t.Error("Merge wrote into its argument")
		}
	})
}

func TestTransition(t *testing.T) {
	fresh := []metav1.Condition(nil)
	unknown := Conditions(Facts{Generation: 3})
	served := Conditions(published(func(*Facts) {}))
	waiting := Conditions(published(func(f *Facts) { f.Propagation = Propagation{Trackers: 1} }))
	refused := Conditions(published(func(f *Facts) { f.Accepted = invalid; f.ServedGeneration = 2; f.Current = false }))
	refusedAgain := Conditions(published(func(f *Facts) { f.Accepted = invalid; f.Generation = 4 }))
	unresolved := Conditions(published(func(f *Facts) { f.Resolved = noOffer }))
	leftOne := Conditions(published(func(f *Facts) { f.Resolved = leftOut }))
	tests := []struct {
		name      string
		old, next []metav1.Condition
		want      string // type, reason; "" for none
	}{
		{"a new object that is served", fresh, served, ""},
		{"a new object that is refused", fresh, refused, "Warning UnknownMacro"},
		{"a new object that waits", fresh, unknown, ""},
		{"judged after waiting", unknown, served, ""},
		{"refused after waiting", unknown, refused, "Warning UnknownMacro"},
		{"an edit that is refused", served, refused, "Warning UnknownMacro"},
		{"still refused, nothing new", refused, refused, ""},
		{"a second edit that is refused too", refused, refusedAgain, "Warning UnknownMacro"},
		{"recovered", refused, served, "Normal Accepted"},
		{"recovered, not yet ready", refused, waiting, "Normal Accepted"},
		{"a reference goes missing", served, unresolved, "Warning RefNotFound"},
		{"another reason", unresolved, leftOne, "Warning EntriesRefused"},
		{"the reference appears", unresolved, served, "Normal ResolvedRefs"},
		{"propagation alone is no event", waiting, served, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			event, ok := transition(tt.old, tt.next)
			if got := strings.TrimSpace(event.Type + " " + event.Reason); got != tt.want || ok != (tt.want != "") {
				t.Errorf("transition() = %q, %v; want %q", got, ok, tt.want)
			}
			if ok && event.Note == "" {
				t.Error("the event says nothing")
			}
		})
	}
}

func TestTransitionNoteIsBounded(t *testing.T) {
	long := Conditions(published(func(f *Facts) {
		f.Accepted = Judgement{Reason: v1alpha1.ReasonInvalid, Message: strings.Repeat("ä", 2000)}
	}))
	event, ok := transition(nil, long)
	if !ok || len(event.Note) > MaxNote || strings.ContainsRune(event.Note, '\uFFFD') {
		t.Fatalf("a note of %d bytes", len(event.Note))
	}
}
