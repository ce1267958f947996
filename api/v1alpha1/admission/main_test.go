package admission

import (
	"os"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/waypost/waypost/api/v1alpha1"
	"github.com/waypost/waypost/hack/testenv"
)

// shared is the API server of all tests of the package.
var shared testenv.Shared

func TestMain(m *testing.M) { os.Exit(shared.Main(m)) }

// config leads to the API server.
func config(t testing.TB) *rest.Config {
	t.Helper()
	return shared.Environment(t).Config
}

// newClient makes a client without a cache that knows the seven kinds.
func newClient(t testing.TB) client.Client {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatalf("registering the kinds: %v", err)
	}
	made, err := client.New(config(t), client.Options{Scheme: scheme})
	if err != nil {
		t.Fatalf("making a client: %v", err)
	}
	return made
}

// tryCreate asks the API server whether it would accept the object, and fills in what it would store.
// Unknown fields are dropped in silence, as for a client that does not ask for more: what is refused, the schema refuses.
func tryCreate(t testing.TB, object *unstructured.Unstructured, options ...client.CreateOption) error {
	t.Helper()
	object.SetNamespace("default")
	return newClient(t).Create(t.Context(), object, append(options, client.DryRunAll)...)
}
