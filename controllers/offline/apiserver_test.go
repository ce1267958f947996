package offline

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/waypost/waypost/controllers/kinds"
	"github.com/waypost/waypost/hack/testenv"
)

// shared is the API server of all tests of the package that need one.
var shared testenv.Shared

func TestMain(m *testing.M) { os.Exit(shared.Main(m)) }

// answer is what somebody says to a manifest.
type answer struct {
	// refused says that it is refused, problems are "field: message" of each cause,
	// unknown the fields that do not exist. Who finds those may look no further.
	refused  bool
	problems []string
	unknown  []string
	// stored is the object as it would be kept, without what only the server adds.
	stored map[string]any
	text   string
}

// TestSameAsAPIServer asks a real API server and admission about the same
// manifests, and compares what they say, word for word, and what they would store.
func TestSameAsAPIServer(t *testing.T) {
	server := newServer(t)
	files := []string{"testdata/odd.yaml", "../../config/samples/*.yaml"}
	for _, folder := range []string{"accepted", "refused", "defaults"} {
		files = append(files, "../../api/v1alpha1/admission/testdata/"+folder+"/*.yaml")
	}
	count := 0
	for _, m := range readAll(t, files...) {
		if m.kind != "Secret" && kinds.Named(m.kind) == nil {
			continue // kustomization.yaml
		}
		count++
		t.Run(m.object(), func(t *testing.T) {
			compareAnswers(t, server.post(t, m), ask(t, m, nil))
		})
	}
	if count < 100 {
		t.Errorf("only %d manifests were compared", count)
	}
}

// TestSameAsAPIServerOnUpdate does the same for edits: a manifest of a name that
// was there before replaces it.
func TestSameAsAPIServerOnUpdate(t *testing.T) {
	server := newServer(t)
	kept := map[objectKey]map[string]any{}
	for _, m := range readAll(t, "../../api/v1alpha1/admission/testdata/updates/*.yaml") {
		key := objectKey{m.kind, m.namespace, m.name}
		theirs, ours := server.apply(t, m), ask(t, m, kept[key])
		compareAnswers(t, theirs, ours)
		if !ours.refused {
			_, kept[key], _ = admissionOf(t).admit(t.Context(), m, kept[key])
		}
	}
	if len(kept) == 0 {
		t.Error("nothing was compared")
	}
}

func compareAnswers(t *testing.T, theirs, ours answer) {
	t.Helper()
	switch {
	case theirs.refused != ours.refused:
		t.Errorf("API server refuses: %v %s\nwe refuse: %v %s", theirs.refused, theirs.text, ours.refused, ours.text)
	case len(theirs.unknown) > 0 || len(ours.unknown) > 0:
		if !slices.Equal(theirs.unknown, ours.unknown) {
			t.Errorf("unknown fields: API server %q, we %q", theirs.unknown, ours.unknown)
		}
	case len(theirs.problems) > 0 && !slices.Equal(theirs.problems, ours.problems):
		t.Errorf("API server says\n%s\nwe say\n%s", strings.Join(theirs.problems, "\n"), strings.Join(ours.problems, "\n"))
	case !theirs.refused && !reflect.DeepEqual(theirs.stored, ours.stored):
		t.Errorf("API server stores\n%v\nwe store\n%v", theirs.stored, ours.stored)
	}
}

func readAll(t *testing.T, patterns ...string) []*manifest {
	t.Helper()
	var all []*manifest
	for _, pattern := range patterns {
		paths, err := filepath.Glob(pattern)
		if err != nil || len(paths) == 0 {
			t.Fatalf("no manifests match %s (%v)", pattern, err)
		}
		for _, path := range paths {
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			manifests, findings := parse(path, data)
			if len(findings) > 0 {
				t.Fatal(findings)
			}
			all = append(all, manifests...)
		}
	}
	return all
}

// ask asks our admission.
func ask(t *testing.T, m *manifest, old map[string]any) answer {
	t.Helper()
	var findings []Finding
	var content map[string]any
	if m.kind == "Secret" {
		_, findings = admitSecret(t.Context(), m)
	} else {
		_, content, findings = admissionOf(t).admit(t.Context(), m, old)
	}
	a := answer{refused: len(findings) > 0, stored: kept(content)}
	for _, f := range findings {
		a.text += f.String() + "\n"
		if strings.HasPrefix(f.Message, "unknown field") {
			a.unknown = append(a.unknown, f.Field)
			continue
		}
		a.problems = append(a.problems, f.Field+": "+f.Message)
	}
	slices.Sort(a.unknown)
	slices.Sort(a.problems)
	return a
}

// server is a real API server and a namespace in it.
type server struct {
	client    rest.Interface
	namespace string
}

func newServer(t *testing.T) *server {
	t.Helper()
	config := rest.CopyConfig(shared.Environment(t).Config)
	config.ContentType = "application/json"
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	return &server{client: client.RESTClient(), namespace: testenv.Namespace(t, config)}
}

// path is where objects of the manifest's kind are.
func (s *server) path(m *manifest) string {
	if m.kind == "Secret" {
		return "/api/v1/namespaces/" + s.namespace + "/secrets"
	}
	return "/apis/" + m.apiVersion + "/namespaces/" + s.namespace + "/" + kinds.Named(m.kind).Plural
}

// post asks whether the manifest would be created.
func (s *server) post(t *testing.T, m *manifest) answer {
	t.Helper()
	request := s.client.Post().AbsPath(s.path(m)).Param("dryRun", "All").Param("fieldValidation", "Strict")
	return s.answer(t, request.Body(body(t, m.content)).Do(t.Context()))
}

// apply creates the object or, if it is there, replaces it.
func (s *server) apply(t *testing.T, m *manifest) answer {
	t.Helper()
	stored, err := s.client.Get().AbsPath(s.path(m), m.name).Do(t.Context()).Raw()
	if err != nil {
		return s.answer(t, s.client.Post().AbsPath(s.path(m)).Body(body(t, m.content)).Do(t.Context()))
	}
	var before map[string]any
	if err := json.Unmarshal(stored, &before); err != nil {
		t.Fatal(err)
	}
	metadata := m.content["metadata"].(map[string]any)
	metadata["resourceVersion"] = before["metadata"].(map[string]any)["resourceVersion"]
	defer delete(metadata, "resourceVersion")
	return s.answer(t, s.client.Put().AbsPath(s.path(m), m.name).Body(body(t, m.content)).Do(t.Context()))
}

func body(t *testing.T, content map[string]any) []byte {
	t.Helper()
	data, err := json.Marshal(content)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

var unknownInError = regexp.MustCompile(`unknown field "([^"]+)"`)

func (s *server) answer(t *testing.T, result rest.Result) answer {
	t.Helper()
	if err := result.Error(); err != nil {
		return refusal(err)
	}
	raw, err := result.Raw()
	if err != nil {
		t.Fatal(err)
	}
	content, err := decode(raw)
	if err != nil {
		t.Fatal(err)
	}
	if content["kind"] == "Secret" {
		return answer{}
	}
	return answer{stored: kept(content)}
}

// refusal reads an API server's error.
func refusal(err error) answer {
	a := answer{refused: true, text: err.Error()}
	for _, found := range unknownInError.FindAllStringSubmatch(err.Error(), -1) {
		a.unknown = append(a.unknown, found[1])
	}
	var status apierrors.APIStatus
	if errors.As(err, &status) && apierrors.IsInvalid(err) && status.Status().Details != nil {
		for _, cause := range status.Status().Details.Causes {
			if strings.Contains(cause.Message, "some validation rules were not checked") {
				continue // it only says that there may be more
			}
			a.problems = append(a.problems, fmt.Sprintf("%s: %s", cause.Field, cause.Message))
		}
	}
	slices.Sort(a.unknown)
	slices.Sort(a.problems)
	return a
}

// kept leaves of the metadata what the author wrote, and no status: that is
// for the operator to write.
func kept(content map[string]any) map[string]any {
	if content == nil {
		return nil
	}
	object := map[string]any{}
	for field, value := range content {
		object[field] = value
	}
	metadata, _ := content["metadata"].(map[string]any) // absent is empty
	delete(object, "status")
	object["metadata"] = map[string]any{"name": metadata["name"], "labels": metadata["labels"]}
	return object
}
