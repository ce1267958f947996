package charts

import (
	"context"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

var flagInHelp = regexp.MustCompile(`(?m)^\s+(?:-\w, )?--([a-z-]+)`)

// commands builds the program and returns the flags of each of its commands on demand.
func commands(t *testing.T) func(command ...string) map[string]bool {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "waypost")
	if _, err := output(exec.CommandContext(context.Background(), "go", "build", "-o", binary, "../cmd/waypost")); err != nil {
		t.Fatal(err)
	}
	known := map[string]map[string]bool{}
	return func(command ...string) map[string]bool {
		name := strings.Join(command, " ")
		if known[name] == nil {
			help, err := output(exec.CommandContext(context.Background(), binary, append(command, "--help")...))
			if err != nil {
				t.Fatal(err)
			}
			known[name] = map[string]bool{}
			for _, match := range flagInHelp.FindAllStringSubmatch(help, -1) {
				known[name][match[1]] = true
			}
		}
		return known[name]
	}
}

// TestFlagsExist: what the chart passes to the program, the program takes.
func TestFlagsExist(t *testing.T) {
	flags := commands(t)
	checked := 0
	for _, values := range []string{"default", "distributed", "sqlite"} {
		for name, template := range pods(t, objects(t, "--values", "testdata/values/"+values+".yaml")) {
			var pod corev1.Pod
			if err := runtime.DefaultUnstructuredConverter.FromUnstructured(template, &pod); err != nil {
				t.Fatal(err)
			}
			var command []string
			for _, container := range pod.Spec.Containers {
				for _, arg := range container.Args {
					flag, isFlag := strings.CutPrefix(arg, "--")
					if !isFlag {
						command = append(command, arg)
						continue
					}
					flag, _, _ = strings.Cut(flag, "=")
					checked++
					if !flags(command...)[flag] {
						t.Errorf("%s: waypost %s has no --%s", name, strings.Join(command, " "), flag)
					}
				}
				for _, variable := range container.Env {
					twin, ours := strings.CutPrefix(variable.Name, "WAYPOST_")
					if ours && !flags(command...)[strings.ReplaceAll(strings.ToLower(twin), "_", "-")] {
						t.Errorf("%s: %s is the twin of no flag", name, variable.Name)
					}
				}
			}
		}
	}
	if checked < 30 {
		t.Errorf("only %d flags checked", checked)
	}
}
