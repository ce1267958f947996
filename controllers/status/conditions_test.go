package status

import (
	"fmt"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/waypost/waypost/api/v1alpha1"
)

// say writes conditions as one line, for example "Ready=False/Propagating".
func say(list []metav1.Condition) string {
	words := make([]string, 0, len(list))
	for _, c := range list {
		words = append(words, fmt.Sprintf("%s=%s/%s", c.Type, c.Status, c.Reason))
	}
	return strings.Join(words, " ")
}

// kstatus is what a generic tool makes of the conditions, in the order of
// cli-utils' pkg/kstatus/status/generic.go.
func kstatus(list []metav1.Condition, observed, generation int64) string {
	is := func(kind string, status metav1.ConditionStatus) bool {
		c := find(list, kind)
		return c != nil && c.Status == status
	}
	switch {
	case observed != generation:
		return "InProgress"
	case is(v1alpha1.ConditionReconciling, metav1.ConditionTrue):
		return "InProgress"
	case is(v1alpha1.ConditionStalled, metav1.ConditionTrue):
		return "Failed"
	case is(v1alpha1.ConditionReady, metav1.ConditionTrue):
		return "Current"
	}
	return "InProgress"
}

var (
	invalid  = Judgement{Reason: v1alpha1.ReasonUnknownMacro, Message: "destinationURL: no macro {clik}"}
	noOffer  = Judgement{Reason: v1alpha1.ReasonRefNotFound, Message: "offer winter does not exist"}
	noSecret = Judgement{Reason: v1alpha1.ReasonSecretNotFound, Message: "Secret key does not exist"}
	leftOut  = Judgement{Reason: v1alpha1.ReasonEntriesRefused, Message: "1 of 3 overrides is left out"}
)

// published is an object of generation 3 whose snapshot is out.
func published(change func(*Facts)) Facts {
	f := Facts{
		Generation: 3, Judged: true, ServedGeneration: 3, Current: true, Publication: Published,
		Propagation: Propagation{Revision: 812, Trackers: 5, Acked: 5, Complete: true},
	}
	change(&f)
	return f
}

// Each row is a state of the table in the reference on kstatus, or one that the
// table leaves open.
func TestConditions(t *testing.T) {
	const good = "Accepted=True/Accepted ResolvedRefs=True/ResolvedRefs Programmed=True/Programmed "
	tests := []struct {
		name    string
		facts   Facts
		want    string
		kstatus string
		message string // of Ready, a part of it
	}{
		{
			"new, compiling", Facts{Generation: 1},
			"Accepted=Unknown/Pending ResolvedRefs=Unknown/Pending Programmed=Unknown/Pending Ready=Unknown/Pending Reconciling=True/Pending",
			"InProgress", "not been judged",
		},
		{
			"valid, being published", published(func(f *Facts) { f.Publication = Unpublished }),
			"Accepted=True/Accepted ResolvedRefs=True/ResolvedRefs Programmed=Unknown/Pending Ready=Unknown/Pending Reconciling=True/Pending",
			"InProgress", "being published",
		},
		{
			"published, waiting for trackers",
			published(func(f *Facts) { f.Propagation = Propagation{Revision: 812, Trackers: 5, Acked: 3} }),
			good + "Ready=False/Propagating Reconciling=True/Propagating",
			"InProgress", "revision 812: 3 of 5 trackers",
		},
		{
			"published, a tracker rejects it",
			published(func(f *Facts) {
				f.Propagation = Propagation{Revision: 812, Trackers: 2, Acked: 1, Rejection: "tracker-b: bad digest"}
			}),
			good + "Ready=False/Propagating Reconciling=True/Propagating",
			"InProgress", "revision 812: 1 of 2 trackers; tracker-b: bad digest",
		},
		{
			"published, overdue",
			published(func(f *Facts) { f.Propagation = Propagation{Revision: 812, Trackers: 5, Acked: 3, Overdue: true} }),
			good + "Ready=False/PartiallyServed Reconciling=True/Propagating",
			"InProgress", "3 of 5",
		},
		{
			"published, no tracker",
			published(func(f *Facts) { f.Propagation = Propagation{Revision: 812} }),
			good + "Ready=False/NoTrackers Reconciling=True/NoTrackers",
			"InProgress", "no tracker is ready",
		},
		{
			"served by all ready trackers", published(func(*Facts) {}),
			good + "Ready=True/Served", "Current", "every ready tracker serves",
		},
		{
			"paused", published(func(f *Facts) { f.Paused = true }),
			good + "Ready=True/Paused", "Current", "not Active",
		},
		{
			"paused is not ready before the trackers know it",
			published(func(f *Facts) { f.Paused = true; f.Propagation = Propagation{Trackers: 2, Acked: 1} }),
			good + "Ready=False/Propagating Reconciling=True/Propagating", "InProgress", "",
		},
		{
			"invalid edit, last good served",
			published(func(f *Facts) { f.Accepted = invalid; f.ServedGeneration = 2; f.Current = false }),
			"Accepted=False/UnknownMacro ResolvedRefs=True/ResolvedRefs Programmed=True/Programmed Ready=False/UnknownMacro Stalled=True/UnknownMacro",
			"Failed", "no macro {clik}; generation 2 keeps being served",
		},
		{
			"invalid and never served",
			published(func(f *Facts) { f.Accepted = invalid; f.ServedGeneration = 0; f.Current = false }),
			"Accepted=False/UnknownMacro ResolvedRefs=True/ResolvedRefs Programmed=False/NotAccepted Ready=False/UnknownMacro Stalled=True/UnknownMacro",
			"Failed", "no generation of it is served",
		},
		{
			"invalid says so although nothing can be published",
			published(func(f *Facts) {
				f.Accepted = invalid
				f.ServedGeneration = 2
				f.Current = false
				f.Publication = Failed
			}),
			"Accepted=False/UnknownMacro ResolvedRefs=True/ResolvedRefs Programmed=True/Programmed Ready=False/UnknownMacro Stalled=True/UnknownMacro",
			"Failed", "generation 2",
		},
		{
			"reference missing, never served",
			published(func(f *Facts) { f.Resolved = noOffer; f.ServedGeneration = 0; f.Current = false }),
			"Accepted=True/Accepted ResolvedRefs=False/RefNotFound Programmed=False/RefNotFound Ready=False/RefNotFound Reconciling=True/RefNotFound",
			"InProgress", "offer winter does not exist",
		},
		{
			"reference missing, last good served",
			published(func(f *Facts) { f.Resolved = noOffer; f.ServedGeneration = 1; f.Current = false }),
			"Accepted=True/Accepted ResolvedRefs=False/RefNotFound Programmed=True/Programmed Ready=False/RefNotFound Reconciling=True/RefNotFound",
			"InProgress", "generation 1 keeps being served",
		},
		{
			"Secret missing, served without keys that pass",
			published(func(f *Facts) { f.Resolved = noSecret }),
			"Accepted=True/Accepted ResolvedRefs=False/SecretNotFound Programmed=True/Programmed Ready=False/SecretNotFound Reconciling=True/SecretNotFound",
			"InProgress", "Secret key does not exist",
		},
		{
			"a recreated object that is refused: the form of its predecessor",
			published(func(f *Facts) { f.Accepted = invalid; f.Current = false }),
			"Accepted=False/UnknownMacro ResolvedRefs=True/ResolvedRefs Programmed=True/Programmed Ready=False/UnknownMacro Stalled=True/UnknownMacro",
			"Failed", "generation 3 keeps being served",
		},
		{
			"an entry is left out of an edit that is not served", published(func(f *Facts) { f.Resolved = leftOut; f.Current = false }),
			"Accepted=True/Accepted ResolvedRefs=False/EntriesRefused Programmed=True/Programmed Ready=False/EntriesRefused Reconciling=True/EntriesRefused",
			"InProgress", "generation 3 keeps being served",
		},
		{
			"one entry left out, the others served", published(func(f *Facts) { f.Resolved = leftOut }),
			"Accepted=True/Accepted ResolvedRefs=False/EntriesRefused Programmed=True/Programmed Ready=True/Served",
			"Current", "",
		},
		{
			"publication fails",
			published(func(f *Facts) { f.Publication = Failed; f.Detail = "quota exceeded" }),
			"Accepted=True/Accepted ResolvedRefs=True/ResolvedRefs Programmed=False/PublishFailed Ready=False/PublishFailed Reconciling=True/Pending",
			"InProgress", "quota exceeded",
		},
		{
			"mass deletion held",
			published(func(f *Facts) { f.Publication = Held; f.Detail = "would remove 30 of 40 offers" }),
			"Accepted=True/Accepted ResolvedRefs=True/ResolvedRefs Programmed=False/MassDeletionHeld Ready=False/MassDeletionHeld Stalled=True/MassDeletionHeld",
			"Failed", "30 of 40",
		},
		{
			"pinned by a rollback",
			published(func(f *Facts) { f.Publication = Pinned; f.Detail = "revision 800 is pinned" }),
			"Accepted=True/Accepted ResolvedRefs=True/ResolvedRefs Programmed=False/Pinned Ready=False/Pinned",
			"InProgress", "revision 800 is pinned",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := Conditions(tt.facts)
			if say(got) != tt.want {
				t.Errorf("conditions\n got %s\nwant %s", say(got), tt.want)
			}
			if k := kstatus(got, tt.facts.Generation, tt.facts.Generation); k != tt.kstatus {
				t.Errorf("kstatus reads %s, want %s", k, tt.kstatus)
			}
			if ready := find(got, v1alpha1.ConditionReady); !strings.Contains(ready.Message, tt.message) {
				t.Errorf("Ready says %q, want something with %q", ready.Message, tt.message)
			}
			for _, c := range got {
				if c.ObservedGeneration != tt.facts.Generation || c.Message == "" {
					t.Errorf("%s speaks of generation %d with message %q", c.Type, c.ObservedGeneration, c.Message)
				}
			}
		})
	}
}

// The message is cut to what the schema accepts, however long a verdict is.
func TestConditionsLongMessage(t *testing.T) {
	f := published(func(f *Facts) {
		f.Accepted = Judgement{Reason: v1alpha1.ReasonInvalid, Message: strings.Repeat("ä", MaxMessage)}
	})
	for _, c := range Conditions(f) {
		if len(c.Message) > MaxMessage || strings.ContainsRune(c.Message, '\uFFFD') {
			t.Errorf("%s: a message of %d bytes, or a broken character", c.Type, len(c.Message))
		}
	}
}
