package trackers

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestPodTarget(t *testing.T) {
	pod := func(change func(*corev1.Pod)) *corev1.Pod {
		p := &corev1.Pod{
			ObjectMeta: metav1.ObjectMeta{Name: "tracker-a"},
			Status: corev1.PodStatus{
				PodIP:      "10.0.0.7",
				Conditions: []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}},
			},
		}
		change(p)
		return p
	}
	now := metav1.Now()
	tests := []struct {
		name string
		pod  *corev1.Pod
		want string
	}{
		{"ready", pod(func(*corev1.Pod) {}), "http://10.0.0.7:9090"},
		{"IPv6", pod(func(p *corev1.Pod) { p.Status.PodIP = "fd00::7" }), "http://[fd00::7]:9090"},
		{"own admin port", pod(func(p *corev1.Pod) {
			p.Spec.Containers = []corev1.Container{{Ports: []corev1.ContainerPort{{Name: "http", ContainerPort: 8080}, {Name: "admin", ContainerPort: 9191}}}}
		}), "http://10.0.0.7:9191"},
		{"not ready", pod(func(p *corev1.Pod) { p.Status.Conditions[0].Status = corev1.ConditionFalse }), ""},
		{"no condition yet", pod(func(p *corev1.Pod) { p.Status.Conditions = nil }), ""},
		{"no address", pod(func(p *corev1.Pod) { p.Status.PodIP = "" }), ""},
		{"on its way out", pod(func(p *corev1.Pod) { p.DeletionTimestamp = &now }), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := PodTarget(tt.pod, 9090)
			if got.URL != tt.want || ok != (tt.want != "") || ok && (!got.Ready || got.Name != "tracker-a") {
				t.Errorf("PodTarget() = %+v, %v; want %q", got, ok, tt.want)
			}
		})
	}
}

func TestURLTargets(t *testing.T) {
	got := URLTargets([]string{"http://127.0.0.1:9090/", "http://127.0.0.1:9091"})
	if len(got) != 2 || got[0].URL != "http://127.0.0.1:9090" || got[0].Ready || got[1].Name != "http://127.0.0.1:9091" {
		t.Errorf("URLTargets() = %+v", got)
	}
}
