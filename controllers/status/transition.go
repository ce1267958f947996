package status

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/waypost/waypost/api/v1alpha1"
)

// maxNote is what the API server accepts as the text of an Event, in bytes.
const maxNote = 1024

// Event is what is told about an object besides its conditions: that it was
// refused, and that it recovered.
type Event struct {
	// Type is Normal or Warning.
	Type string
	// Reason and Note are the Event's.
	Reason, Note string
}

// Transition returns the Event that the change of conditions deserves; ok is
// false for a change that is no refusal and no recovery. The object's own
// validity comes before what it names.
func Transition(old, next []metav1.Condition) (event Event, ok bool) {
	for _, kind := range []string{v1alpha1.ConditionAccepted, v1alpha1.ConditionResolvedRefs} {
		if event, ok = transition(find(old, kind), find(next, kind)); ok {
			return event, true
		}
	}
	return Event{}, false
}

func transition(before, after *metav1.Condition) (Event, bool) {
	if after == nil {
		return Event{}, false
	}
	refused := before != nil && before.Status == metav1.ConditionFalse
	switch after.Status {
	case metav1.ConditionFalse:
		if refused && before.Reason == after.Reason && before.ObservedGeneration == after.ObservedGeneration {
			return Event{}, false
		}
		return Event{Type: corev1.EventTypeWarning, Reason: after.Reason, Note: shorten(after.Message, maxNote)}, true
	case metav1.ConditionTrue:
		if !refused {
			return Event{}, false
		}
		note := fmt.Sprintf("generation %d: %s", after.ObservedGeneration, after.Message)
		return Event{Type: corev1.EventTypeNormal, Reason: after.Reason, Note: shorten(note, maxNote)}, true
	}
	return Event{}, false
}

// shorten cuts text to at most limit bytes, at a character's edge.
func shorten(text string, limit int) string {
	const mark = "..."
	if len(text) <= limit {
		return text
	}
	return strings.ToValidUTF8(text[:limit-len(mark)], "") + mark
}
