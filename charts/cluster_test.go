package charts

import (
	"encoding/json"
	"os"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/waypost/waypost/hack/testenv"
)

var shared testenv.Shared

func TestMain(m *testing.M) { os.Exit(shared.Main(m)) }

var makeNamespace sync.Once

// apiServer returns a client of a real API server with a namespace for Waypost in
// which Pod Security "restricted" is enforced.
func apiServer(t *testing.T) client.Client {
	t.Helper()
	c, err := client.New(shared.Environment(t).Config, client.Options{FieldValidation: metav1.FieldValidationStrict})
	if err != nil {
		t.Fatal(err)
	}
	makeNamespace.Do(func() {
		namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
			Name: systemNamespace, Labels: map[string]string{"pod-security.kubernetes.io/enforce": "restricted"},
		}}
		if err := c.Create(t.Context(), namespace); err != nil {
			t.Fatal(err)
		}
	})
	return c
}

// known tells kinds that the test's API server has from those of other projects.
func known(o *unstructured.Unstructured) bool {
	return !slices.Contains([]string{"ServiceMonitor", "PrometheusRule", "HTTPRoute"}, o.GetKind())
}

// apply installs as kubectl apply --server-side does, the namespaces first.
func apply(t *testing.T, c client.Client, all []*unstructured.Unstructured) {
	t.Helper()
	all = slices.DeleteFunc(slices.Clone(all), func(o *unstructured.Unstructured) bool { return !known(o) })
	slices.SortStableFunc(all, func(a, b *unstructured.Unstructured) int { return rank(a) - rank(b) })
	for _, o := range all {
		err := c.Apply(t.Context(), client.ApplyConfigurationFromUnstructured(o), client.FieldOwner("test"), client.ForceOwnership)
		if err != nil {
			t.Errorf("%s %s: %v", o.GetKind(), o.GetName(), err)
		}
	}
}

func rank(o *unstructured.Unstructured) int {
	switch o.GetKind() {
	case "Namespace":
		return 0
	case "ServiceAccount":
		return 1
	}
	return 2
}

var modes = map[string][]string{"embedded": nil, "distributed": distributed}

// TestAdmitted: a real API server takes every manifest, with no unknown field, and
// every pod under Pod Security "restricted".
func TestAdmitted(t *testing.T) {
	c := apiServer(t)
	for mode, args := range modes {
		t.Run(mode, func(t *testing.T) {
			all := objects(t, args...)
			apply(t, c, all)
			templates := pods(t, all)
			if len(templates) < 3 {
				t.Fatalf("%d kinds of pods", len(templates))
			}
			for name, template := range templates {
				if err := admit(t, c, template); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			}
		})
	}
}

// admit asks whether a pod of this template may be made.
func admit(t *testing.T, c client.Client, template map[string]any) error {
	t.Helper()
	var pod corev1.Pod
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(template, &pod); err != nil {
		t.Fatal(err)
	}
	pod.Namespace, pod.GenerateName = systemNamespace, "admit-"
	// A StatefulSet adds the volumes of its claims to the pods.
	for _, m := range pod.Spec.Containers[0].VolumeMounts {
		if !slices.ContainsFunc(pod.Spec.Volumes, func(v corev1.Volume) bool { return v.Name == m.Name }) {
			pod.Spec.Volumes = append(pod.Spec.Volumes, corev1.Volume{Name: m.Name, VolumeSource: corev1.VolumeSource{
				PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: "claim"},
			}})
		}
	}
	return c.Create(t.Context(), &pod, client.DryRunAll)
}

// TestPodSecurityIsEnforced: the same pods with one right more are refused, so
// TestAdmitted says something.
func TestPodSecurityIsEnforced(t *testing.T) {
	c := apiServer(t)
	all := objects(t)
	apply(t, c, all)
	for name, template := range pods(t, all) {
		containers, _, _ := unstructured.NestedSlice(template, "spec", "containers")
		delete(containers[0].(map[string]any)["securityContext"].(map[string]any), "capabilities")
		if err := unstructured.SetNestedSlice(template, containers, "spec", "containers"); err != nil {
			t.Fatal(err)
		}
		if err := admit(t, c, template); !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), "PodSecurity") {
			t.Errorf("%s with all capabilities: %v, want it forbidden", name, err)
		}
	}
}

// TestPodsAreConfined: what "restricted" does not ask for.
func TestPodsAreConfined(t *testing.T) {
	for mode, args := range modes {
		for name, template := range pods(t, objects(t, args...)) {
			var pod corev1.Pod
			if err := runtime.DefaultUnstructuredConverter.FromUnstructured(template, &pod); err != nil {
				t.Fatal(err)
			}
			if pod.Spec.EnableServiceLinks == nil || *pod.Spec.EnableServiceLinks {
				t.Errorf("%s, %s: the environment names every Service of the namespace", mode, name)
			}
			for _, container := range pod.Spec.Containers {
				security := container.SecurityContext
				if security == nil || security.ReadOnlyRootFilesystem == nil || !*security.ReadOnlyRootFilesystem {
					t.Errorf("%s, %s: the root file system can be written", mode, name)
				}
				if _, limited := container.Resources.Limits[corev1.ResourceMemory]; !limited {
					t.Errorf("%s, %s: no memory limit", mode, name)
				}
			}
		}
	}
}

func equalJSON(t *testing.T, a, b any) bool {
	t.Helper()
	one, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	two, err := json.Marshal(b)
	if err != nil {
		t.Fatal(err)
	}
	return reflect.DeepEqual(one, two)
}
