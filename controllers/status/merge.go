package status

import (
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// merge returns the next conditions with their transition times: a condition
// whose status is as it was keeps its time, another gets now. That is the meaning of
// lastTransitionTime in Kubernetes' API conventions: a new reason or message of the same
// status is no transition.
func merge(old, next []metav1.Condition, now metav1.Time) []metav1.Condition {
	merged := slices.Clone(next)
	for i := range merged {
		merged[i].LastTransitionTime = now
		before := find(old, merged[i].Type)
		if before != nil && before.Status == merged[i].Status {
			merged[i].LastTransitionTime = before.LastTransitionTime
		}
	}
	return merged
}

// find returns the condition of the given type, nil when there is none.
func find(list []metav1.Condition, kind string) *metav1.Condition {
	for i := range list {
		if list[i].Type == kind {
			return &list[i]
		}
	}
	return nil
}
