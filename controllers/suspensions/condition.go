package suspensions

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/waypost/waypost/api/v1alpha1"
	"github.com/waypost/waypost/controllers/status"
)

// byPartner sorts suspensions by whose they are, each partner's by name.
func byPartner(list []suspension) map[types.NamespacedName][]suspension {
	all := map[types.NamespacedName][]suspension{}
	for _, s := range list {
		key := types.NamespacedName{Namespace: s.Network, Name: s.Partner}
		all[key] = append(all[key], s)
	}
	for _, of := range all {
		slices.SortFunc(of, func(a, b suspension) int { return cmp.Compare(a.Name, b.Name) })
	}
	return all
}

// condition shows the suspensions of a partner in its status, nil for none. It
// follows from them alone, so that the same ones are not written twice.
func condition(list []suspension, generation int64) *metav1.Condition {
	if len(list) == 0 {
		return nil
	}
	first := list[0].SuspendedAt
	words := make([]string, len(list))
	for i, s := range list {
		if s.SuspendedAt.Before(first) {
			first = s.SuspendedAt
		}
		words[i] = fmt.Sprintf("%q since %s (%s)", s.Name, s.SuspendedAt.UTC().Format(time.RFC3339), s.cause())
	}
	message := "suspended after ten failures in a row: " + strings.Join(words, ", ") +
		"; calls wait until the URL is changed, or resumed with waypost deliveries retry"
	return &metav1.Condition{
		Type: v1alpha1.ConditionPostbacksSuspended, Status: metav1.ConditionTrue, Reason: v1alpha1.ReasonCallsFailed,
		Message: status.Shorten(message, status.MaxMessage), ObservedGeneration: generation, LastTransitionTime: metav1.NewTime(first.Truncate(time.Second)),
	}
}

// cause is why the last call failed.
func (s *suspension) cause() string {
	if s.HTTPStatus == 0 {
		return s.Error
	}
	return fmt.Sprintf("HTTP %d", s.HTTPStatus)
}

// same reports whether a status has the condition already.
func same(is, want *metav1.Condition) bool {
	if is == nil || want == nil {
		return is == nil && want == nil
	}
	return is.Status == want.Status && is.Reason == want.Reason && is.Message == want.Message &&
		is.ObservedGeneration == want.ObservedGeneration && is.LastTransitionTime.Equal(&want.LastTransitionTime)
}
