package testenv_test

import (
	"os"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/discovery"

	"github.com/waypost/waypost/hack/testenv"
)

var shared testenv.Shared

func TestMain(m *testing.M) { os.Exit(shared.Main(m)) }

// TestShared: the API server is up, knows the seven kinds, is launched once,
// and gives each test a namespace of its own.
func TestShared(t *testing.T) {
	environment := shared.Environment(t)
	if shared.Environment(t) != environment {
		t.Error("a second environment was launched")
	}
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

// TestStart: a test may have an API server to itself, and stop it.
func TestStart(t *testing.T) {
	environment := testenv.Start(t)
	if environment.Config.Host == shared.Environment(t).Config.Host {
		t.Error("two environments share an address")
	}
	if err := environment.ControlPlane.APIServer.Stop(); err != nil {
		t.Fatal(err)
	}
	client, err := discovery.NewDiscoveryClientForConfig(environment.Config)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.ServerVersion(); err == nil {
		t.Error("a stopped API server answers")
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
