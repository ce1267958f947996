package status

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/waypost/waypost/api/v1alpha1"
)

// MaxNote is what the API server accepts as the text of an Event, in bytes.
const MaxNote = 1024

// event is an Event of an object: that it was refused, or that it recovered.
type event struct {
	// Type is Normal or Warning.
	Type string
	// Reason and Note are the Event's.
	Reason, Note string
}

// transition returns the Event that the change of conditions deserves; ok is
// false for a change that is no refusal and no recovery. The object's own
// validity comes before what it names.
func transition(old, next []metav1.Condition) (e event, ok bool) {
	for _, kind := range []string{v1alpha1.ConditionAccepted, v1alpha1.ConditionResolvedRefs} {
		if e, ok := transitionOf(find(old, kind), find(next, kind)); ok {
			return e, true
		}
	}
	return event{}, false
}

// transitionOf is transition for one condition. A refusal is reported once for each
// generation and reason, a recovery once after a refusal. An object that is accepted from
// the start makes no Event: there would be one for every object that is applied.
func transitionOf(before, after *metav1.Condition) (event, bool) {
	if after == nil {
		return event{}, false
	}
	refused := before != nil && before.Status == metav1.ConditionFalse
	switch after.Status {
	case metav1.ConditionFalse:
		if refused && before.Reason == after.Reason && before.ObservedGeneration == after.ObservedGeneration {
			return event{}, false
		}
		return event{Type: corev1.EventTypeWarning, Reason: after.Reason, Note: Shorten(after.Message, MaxNote)}, true
	case metav1.ConditionTrue:
		if !refused {
			return event{}, false
		}
		note := fmt.Sprintf("generation %d: %s", after.ObservedGeneration, after.Message)
		return event{Type: corev1.EventTypeNormal, Reason: after.Reason, Note: Shorten(note, MaxNote)}, true
	}
	return event{}, false
}

// Shorten cuts text to at most limit bytes, at a character's edge.
func Shorten(text string, limit int) string {
	const mark = "..."
	if len(text) <= limit {
		return text
	}
	return strings.ToValidUTF8(text[:limit-len(mark)], "") + mark
}
