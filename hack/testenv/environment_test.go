package testenv_test

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/discovery"

	"github.com/waypost/waypost/hack/testenv"
)

// TestStart: the API server is up, knows the seven kinds, and gives each test a namespace of its own.
func TestStart(t *testing.T) {
	environment := testenv.Start(t)
	client, err := discovery.NewDiscoveryClientForConfig(environment.Config)
	if err != nil {
		t.Fatal(err)
	}
	resources, err := client.ServerResourcesForGroupVersion("waypost.dev/v1alpha1")
	if err != nil {
		t.Fatal(err)
	}
	if kinds := rootKinds(resources); len(kinds) != 7 {
		t.Errorf("the API server knows %v, want seven kinds", kinds)
	}
	first, second := testenv.Namespace(t, environment.Config), testenv.Namespace(t, environment.Config)
	if first == second {
		t.Errorf("two tests share the namespace %s", first)
	}
}

// rootKinds leaves out subresources, which discovery lists as "offers/status".
func rootKinds(resources *metav1.APIResourceList) []string {
	var kinds []string
	for _, resource := range resources.APIResources {
		if len(resource.Categories) > 0 {
			kinds = append(kinds, resource.Kind)
		}
	}
	return kinds
}
