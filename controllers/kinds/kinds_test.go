package kinds

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"

	"github.com/waypost/waypost/api/v1alpha1"
	"github.com/waypost/waypost/config/crd"
)

// TestComplete holds the table to the scheme: every kind of the group once, under
// its name, with its type.
func TestComplete(t *testing.T) {
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	var ours []string
	for name, object := range scheme.KnownTypes(v1alpha1.GroupVersion) {
		if _, ok := reflect.New(object).Interface().(v1alpha1.Object); !ok {
			continue // lists and options
		}
		ours = append(ours, name)
		switch k := Named(name); {
		case k == nil:
			t.Errorf("%s has no row", name)
		case k.object != object || k.GVK() != v1alpha1.GroupVersion.WithKind(name):
			t.Errorf("%s is %v %v", name, k.object, k.GVK())
		}
	}
	if len(ours) != len(All()) {
		t.Errorf("%d rows for %v", len(All()), ours)
	}
}

func TestRows(t *testing.T) {
	for i, k := range All() {
		object := k.New()
		if int(k.Record) != i+1 || Recorded(k.Record) != k || Of(object) != k || Named(k.Name()) != k {
			t.Errorf("row %d (%s) is not found by its number, its type and its name", i, k.Name())
		}
		object.GetObjectStatus().ObservedGeneration = 7
		want := reflect.ValueOf(object).Elem().FieldByName("Status").Interface()
		if got := k.Status(object); !reflect.DeepEqual(got, want) {
			t.Errorf("status of %s = %+v", k.Name(), got)
		}
	}
	if Of(&v1alpha1.OfferList{}) != nil || Of(nil) != nil || Named("Secret") != nil || Recorded(0) != nil || Recorded(8) != nil {
		t.Error("something else is taken for a kind")
	}
}

// TestSecretRefs finds the field by reflection, so that a kind that gets one must be
// in the table.
func TestSecretRefs(t *testing.T) {
	for _, k := range All() {
		object := k.New()
		field := reflect.ValueOf(object).Elem().FieldByName("Spec").FieldByName("PostbackKeySecretRef")
		if !field.IsValid() {
			if k.SecretRef(object) != nil {
				t.Errorf("%s names a Secret", k.Name())
			}
			continue
		}
		ref := &v1alpha1.SecretKeyRef{Name: "s"}
		field.Set(reflect.ValueOf(ref))
		if k.SecretRef(object) != ref {
			t.Errorf("the Secret of %s is not found", k.Name())
		}
	}
}

// TestPlurals holds the names in URLs to the definitions.
func TestPlurals(t *testing.T) {
	files, err := crd.Files.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	var plurals []string
	for _, file := range files {
		data, err := crd.Files.ReadFile(file.Name())
		if err != nil {
			t.Fatal(err)
		}
		var definition apiextensionsv1.CustomResourceDefinition
		if err := yaml.Unmarshal(data, &definition); err != nil {
			t.Fatal(err)
		}
		names := definition.Spec.Names
		plurals = append(plurals, names.Plural)
		if k := Named(names.Kind); k == nil || k.Plural != names.Plural {
			t.Errorf("%s is %s in URLs", names.Kind, names.Plural)
		}
	}
	if slices.Sort(plurals); len(plurals) != len(All()) {
		t.Errorf("definitions of %s", strings.Join(plurals, ", "))
	}
}
