package admission

import (
	"reflect"
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/waypost/waypost/api/v1alpha1"
)

// newObject makes an empty typed object of a kind.
var newObject = map[string]func() v1alpha1.Object{
	v1alpha1.KindNetwork:         func() v1alpha1.Object { return &v1alpha1.Network{} },
	v1alpha1.KindAdvertiser:      func() v1alpha1.Object { return &v1alpha1.Advertiser{} },
	v1alpha1.KindPartner:         func() v1alpha1.Object { return &v1alpha1.Partner{} },
	v1alpha1.KindOffer:           func() v1alpha1.Object { return &v1alpha1.Offer{} },
	v1alpha1.KindGoal:            func() v1alpha1.Object { return &v1alpha1.Goal{} },
	v1alpha1.KindPartnerPayout:   func() v1alpha1.Object { return &v1alpha1.PartnerPayout{} },
	v1alpha1.KindPayoutStructure: func() v1alpha1.Object { return &v1alpha1.PayoutStructure{} },
}

// TestAccepted: the API server takes every good manifest and knows each of its fields.
func TestAccepted(t *testing.T) {
	kinds := map[string]bool{}
	for _, manifest := range readManifests(t, "accepted/*.yaml") {
		kinds[manifest.object.GetKind()] = true
		t.Run(manifest.name(), func(t *testing.T) {
			if err := tryCreate(t, manifest.object.DeepCopy(), client.FieldValidation("Strict")); err != nil {
				t.Errorf("refused: %v\n%s", err, manifest.text)
			}
		})
	}
	if len(kinds) != len(newObject) {
		t.Errorf("there are good manifests of %v only", kinds)
	}
}

// TestSamples: the API server takes what newcomers try first.
func TestSamples(t *testing.T) {
	samples := 0
	for _, manifest := range readManifests(t, "../../../../config/samples/*.yaml") {
		if manifest.object.GetAPIVersion() != v1alpha1.GroupVersion.String() {
			continue // kustomization.yaml, Secrets
		}
		samples++
		if err := tryCreate(t, manifest.object, client.FieldValidation("Strict")); err != nil {
			t.Errorf("refused: %v\n%s", err, manifest.text)
		}
	}
	if samples == 0 {
		t.Error("there are no samples")
	}
}

// TestTypesHoldEverything: the Go types have a place for each field that a good manifest has,
// and write it back with the value that it had.
func TestTypesHoldEverything(t *testing.T) {
	for _, manifest := range readManifests(t, "accepted/*.yaml") {
		t.Run(manifest.name(), func(t *testing.T) {
			typed := newObject[manifest.object.GetKind()]()
			if err := yaml.UnmarshalStrict(manifest.text, typed); err != nil {
				t.Fatal(err)
			}
			written, err := yaml.Marshal(typed)
			if err != nil {
				t.Fatal(err)
			}
			var got map[string]any
			if err := yaml.Unmarshal(written, &got); err != nil {
				t.Fatal(err)
			}
			assertHolds(t, "spec", got["spec"], manifest.object.Object["spec"])
		})
	}
}

// assertHolds checks that got has everything that want has. Empty lists and zeroes may be left out:
// they say the same as nothing.
func assertHolds(t *testing.T, path string, got, want any) {
	t.Helper()
	switch want := want.(type) {
	case map[string]any:
		fields, _ := got.(map[string]any)
		for name, value := range want {
			assertHolds(t, path+"."+name, fields[name], value)
		}
	case []any:
		items, _ := got.([]any)
		if len(items) != len(want) {
			t.Errorf("%s has %d items, want %d", path, len(items), len(want))
			return
		}
		for i, value := range want {
			assertHolds(t, path, items[i], value)
		}
	default:
		if got == nil && reflect.ValueOf(want).IsZero() {
			return
		}
		if !sameScalar(path, got, want) {
			t.Errorf("%s = %v, want %v", path, got, want)
		}
	}
}

// sameScalar compares values; times are written in UTC by the types.
func sameScalar(path string, got, want any) bool {
	if path == "spec.overrides.from" && want == "2027-01-01T01:00:00+01:00" {
		want = "2027-01-01T00:00:00Z"
	}
	return reflect.DeepEqual(got, want)
}
