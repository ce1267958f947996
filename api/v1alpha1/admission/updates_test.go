package admission

import (
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/waypost/waypost/hack/testenv"
)

// TestUpdates walks through the files of updates: a manifest without a wish is created,
// the following ones of the same name are edits of it that are accepted or refused as they say.
func TestUpdates(t *testing.T) {
	server, namespace := newClient(t), testenv.Namespace(t, config(t))
	for _, manifest := range readManifests(t, "updates/*.yaml") {
		manifest.object.SetNamespace(namespace)
		if manifest.want == "" {
			if err := server.Create(t.Context(), manifest.object); err != nil {
				t.Fatalf("%s: %v", manifest.name(), err)
			}
			continue
		}
		err := update(t, server, manifest.object)
		switch {
		case manifest.want == "accepted" && err != nil:
			t.Errorf("refused: %v\n%s", err, manifest.text)
		case manifest.want == "accepted":
		case err == nil:
			t.Errorf("accepted:\n%s", manifest.text)
		case !apierrors.IsInvalid(err) || !strings.Contains(err.Error(), manifest.want):
			t.Errorf("refused with\n%v\nwant\n%s", err, manifest.want)
		}
	}
}

// update replaces the stored object, whatever its version.
func update(t *testing.T, server client.Client, object *unstructured.Unstructured) error {
	t.Helper()
	stored := &unstructured.Unstructured{}
	stored.SetGroupVersionKind(object.GroupVersionKind())
	if err := server.Get(t.Context(), client.ObjectKeyFromObject(object), stored); err != nil {
		t.Fatalf("reading %s: %v", object.GetName(), err)
	}
	object.SetResourceVersion(stored.GetResourceVersion())
	return server.Update(t.Context(), object)
}
