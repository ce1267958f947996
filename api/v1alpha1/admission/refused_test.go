package admission

import (
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// TestRefused: the API server refuses every bad manifest, for the reason that the manifest is there for,
// and in words that say what to do.
func TestRefused(t *testing.T) {
	for _, manifest := range readManifests(t, "refused/*.yaml") {
		t.Run(manifest.name(), func(t *testing.T) {
			if manifest.want == "" {
				t.Fatalf("the manifest does not say what it wants:\n%s", manifest.text)
			}
			err := tryCreate(t, manifest.object.DeepCopy())
			if err == nil {
				t.Fatalf("accepted:\n%s", manifest.text)
			}
			if !apierrors.IsInvalid(err) || !strings.Contains(err.Error(), manifest.want) {
				t.Errorf("refused with\n%v\nwant\n%s", err, manifest.want)
			}
		})
	}
}
