package admission

import (
	"slices"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/discovery"
	"sigs.k8s.io/controller-runtime/pkg/client"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/waypost/waypost/api/v1alpha1"
	"github.com/waypost/waypost/hack/testenv"
)

// resourceNames are the names under which kubectl knows the kinds: plural and short.
var resourceNames = map[string][2]string{
	v1alpha1.KindNetwork:         {"networks", "wpn"},
	v1alpha1.KindAdvertiser:      {"advertisers", "wpa"},
	v1alpha1.KindPartner:         {"partners", "wpr"},
	v1alpha1.KindOffer:           {"offers", "wpo"},
	v1alpha1.KindGoal:            {"goals", "wpg"},
	v1alpha1.KindPartnerPayout:   {"partnerpayouts", "wpp"},
	v1alpha1.KindPayoutStructure: {"payoutstructures", "wps"},
}

func TestNames(t *testing.T) {
	server, err := discovery.NewDiscoveryClientForConfig(config(t))
	if err != nil {
		t.Fatal(err)
	}
	served, err := server.ServerResourcesForGroupVersion(v1alpha1.GroupVersion.String())
	if err != nil {
		t.Fatal(err)
	}
	found, statuses := 0, 0
	for _, resource := range served.APIResources {
		want := resourceNames[resource.Kind]
		if resource.Name == want[0]+"/status" {
			statuses++
			continue
		}
		found++
		if resource.Name != want[0] || !slices.Equal(resource.ShortNames, []string{want[1]}) ||
			!slices.Equal(resource.Categories, []string{"waypost"}) || !resource.Namespaced {
			t.Errorf("%s is served as %+v, want %v in the category waypost", resource.Kind, resource, want)
		}
	}
	if found != len(resourceNames) || statuses != len(resourceNames) {
		t.Errorf("%d kinds with %d statuses are served, want %d of each", found, statuses, len(resourceNames))
	}
}

// TestDefinitionConditions: the API server finds nothing to complain about in the definitions.
func TestDefinitionConditions(t *testing.T) {
	scheme := runtime.NewScheme()
	if err := apiextensionsv1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	server, err := client.New(config(t), client.Options{Scheme: scheme})
	if err != nil {
		t.Fatal(err)
	}
	var definitions apiextensionsv1.CustomResourceDefinitionList
	if err := server.List(t.Context(), &definitions); err != nil {
		t.Fatal(err)
	}
	if len(definitions.Items) != len(resourceNames) {
		t.Errorf("%d definitions, want %d", len(definitions.Items), len(resourceNames))
	}
	good := map[apiextensionsv1.CustomResourceDefinitionConditionType]bool{
		apiextensionsv1.Established: true, apiextensionsv1.NamesAccepted: true,
	}
	for _, definition := range definitions.Items {
		for _, condition := range definition.Status.Conditions {
			if (condition.Status == apiextensionsv1.ConditionTrue) != good[condition.Type] {
				t.Errorf("%s: %s is %s: %s", definition.Name, condition.Type, condition.Status, condition.Message)
			}
		}
	}
}

// TestSelectableFields: goals of one offer can be listed without listing all of them.
func TestSelectableFields(t *testing.T) {
	server, namespace := newClient(t), testenv.Namespace(t, config(t))
	for name, offer := range map[string]string{"a": "shoes", "b": "shoes", "c": "boots"} {
		goal := &v1alpha1.Goal{
			ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: namespace},
			Spec:       v1alpha1.GoalSpec{OfferRef: v1alpha1.ObjectRef{Name: offer}, Value: "2", Title: "T"},
		}
		if err := server.Create(t.Context(), goal); err != nil {
			t.Fatal(err)
		}
	}
	var goals v1alpha1.GoalList
	err := server.List(t.Context(), &goals, client.InNamespace(namespace), client.MatchingFields{"spec.offerRef.name": "shoes"})
	if err != nil || len(goals.Items) != 2 {
		t.Errorf("goals of one offer: %d, %v, want 2", len(goals.Items), err)
	}
}
