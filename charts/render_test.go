package charts

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"
)

const (
	release           = "waypost"
	systemNamespace   = "waypost-system"
	snapshotNamespace = "waypost-snapshots"
)

// tool returns a binary that "make test" has built.
func tool(t testing.TB, path, advice string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("..", path))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("%v: run %s in the root of the checkout", err, advice)
	}
	return path
}

// helm runs helm and returns what it printed, and its error output as the error.
func helm(t testing.TB, args ...string) (string, error) {
	t.Helper()
	return output(exec.CommandContext(context.Background(), tool(t, "bin/tools/helm", "hack/tools/build.sh helm"), args...))
}

func output(command *exec.Cmd) (string, error) {
	var out, problems bytes.Buffer
	command.Stdout, command.Stderr = &out, &problems
	if err := command.Run(); err != nil {
		return "", errors.New(problems.String())
	}
	return out.String(), nil
}

// template renders the chart as an installation in waypost-system would be.
func template(t testing.TB, args ...string) (string, error) {
	t.Helper()
	return helm(t, append([]string{"template", release, "waypost", "--namespace", systemNamespace}, args...)...)
}

// objects renders the chart and reads the result.
func objects(t testing.TB, args ...string) []*unstructured.Unstructured {
	t.Helper()
	rendered, err := template(t, args...)
	if err != nil {
		t.Fatal(err)
	}
	return parse(t, rendered)
}

func parse(t testing.TB, manifests string) (all []*unstructured.Unstructured) {
	t.Helper()
	decoder := yaml.NewYAMLOrJSONDecoder(strings.NewReader(manifests), 4096)
	for {
		object := &unstructured.Unstructured{}
		err := decoder.Decode(object)
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		if len(object.Object) > 0 {
			all = append(all, object)
		}
	}
}

// distributed are the arguments of the other mode, at its simplest.
var distributed = []string{"--set", "mode=distributed", "--set", "nats.url=nats://nats:4222"}

// find returns the object of a kind and name.
func find(t testing.TB, all []*unstructured.Unstructured, kind, name string) *unstructured.Unstructured {
	t.Helper()
	for _, o := range all {
		if o.GetKind() == kind && o.GetName() == name {
			return o
		}
	}
	t.Fatalf("no %s %s is rendered", kind, name)
	return nil
}

// pods returns the pod templates, by the name of what makes the pods.
func pods(t testing.TB, all []*unstructured.Unstructured) map[string]map[string]any {
	t.Helper()
	found := map[string]map[string]any{}
	for _, o := range all {
		if pod, ok, _ := unstructured.NestedMap(o.Object, "spec", "template"); ok {
			found[o.GetKind()+" "+o.GetName()] = pod
		}
	}
	return found
}
