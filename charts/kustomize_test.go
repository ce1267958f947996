package charts

import (
	"context"
	"os/exec"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/waypost/waypost/hack/testenv"
)

// kustomize builds a directory of config.
func kustomize(t *testing.T, dir string) []*unstructured.Unstructured {
	t.Helper()
	kubectl, err := testenv.Binary("kubectl")
	if err != nil {
		t.Fatal(err)
	}
	built, err := output(exec.CommandContext(context.Background(), kubectl, "kustomize", "../config/"+dir))
	if err != nil {
		t.Fatal(err)
	}
	return parse(t, built)
}

// helmOnly drops what only Helm reads.
func helmOnly(o *unstructured.Unstructured) *unstructured.Unstructured {
	for _, path := range [][]string{{"metadata", "labels"}, {"metadata", "annotations"}} {
		values, ok, _ := unstructured.NestedStringMap(o.Object, path...)
		if !ok {
			continue
		}
		for key := range values {
			if strings.HasPrefix(key, "helm.sh/") || key == "app.kubernetes.io/managed-by" {
				delete(values, key)
			}
		}
		unstructured.RemoveNestedField(o.Object, path...)
		if len(values) > 0 {
			_ = unstructured.SetNestedStringMap(o.Object, values, path...) // a map of strings always fits
		}
	}
	return o
}

func key(o *unstructured.Unstructured) string {
	return o.GetKind() + " " + o.GetNamespace() + "/" + o.GetName()
}

// TestKustomizeIsTheChart: kubectl apply -k installs what the chart with the same
// values installs, no object more and none less, but for the namespace of the pods.
func TestKustomizeIsTheChart(t *testing.T) {
	connections := []string{"--set", "nats.existingSecret.name=waypost-connections", "--set", "nats.existingSecret.key=journal-url"}
	for dir, args := range map[string][]string{
		"default":     nil,
		"distributed": append([]string{"--set", "mode=distributed"}, connections...),
	} {
		t.Run(dir, func(t *testing.T) {
			want := map[string]*unstructured.Unstructured{}
			for _, o := range objects(t, args...) {
				want[key(o)] = helmOnly(o)
			}
			for _, o := range kustomize(t, dir) {
				same := want[key(o)]
				delete(want, key(o))
				switch {
				case o.GetKind() == "Namespace" && o.GetName() == systemNamespace:
				case o.GetKind() == "NetworkPolicy" && same == nil: // of parts that are not installed; it selects nothing
				case same == nil:
					t.Errorf("%s is not in the chart", key(o))
				case !equalJSON(t, helmOnly(o).Object, same.Object):
					t.Errorf("%s differs from the chart's: run make generate", key(o))
				}
			}
			for missing := range want {
				t.Errorf("config/%s has no %s", dir, missing)
			}
		})
	}
}

// TestKustomizeIsAdmitted: the API server takes it, too, and the monitoring beside it.
func TestKustomizeIsAdmitted(t *testing.T) {
	c := apiServer(t)
	for _, dir := range []string{"default", "distributed", "prometheus"} {
		apply(t, c, kustomize(t, dir))
	}
}
