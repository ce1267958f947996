package publish

import (
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
)

func TestReadRequests(t *testing.T) {
	tests := []struct {
		name        string
		annotations map[string]string
		to          int64
		confirmed   []string
		problem     bool
	}{
		{"nothing", nil, 0, nil, false},
		{"rollback", map[string]string{AnnotationRollback: "812"}, 812, nil, false},
		{"no number", map[string]string{AnnotationRollback: "last"}, 0, nil, true},
		{"no revision", map[string]string{AnnotationRollback: "0"}, 0, nil, true},
		{"confirmed", map[string]string{AnnotationConfirm: "ab12, cd34,"}, 0, []string{"ab12", "cd34"}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			object := &corev1.ConfigMap{}
			object.Annotations = tt.annotations
			got := ReadRequests(object)
			if got.RollbackTo != tt.to || !slices.Equal(got.Confirmed, tt.confirmed) || (got.Problem != nil) != tt.problem {
				t.Errorf("ReadRequests() = %+v", got)
			}
		})
	}
	object := &corev1.ConfigMap{}
	object.Annotations = map[string]string{AnnotationHeld: `{"shop":14}`}
	if got := ReadRequests(object); got.Held["shop"] != 14 {
		t.Errorf("ReadRequests() = %+v", got)
	}
	object.Annotations[AnnotationHeld] = "{"
	if got := ReadRequests(object); len(got.Held) != 0 || got.Problem != nil {
		t.Errorf("ReadRequests() = %+v", got)
	}
	if got := ReadRequests(nil); got.RollbackTo != 0 || got.Problem != nil {
		t.Errorf("ReadRequests(nil) = %+v", got)
	}
}
