package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestPlanOfWhatIsRefused: the plan is printed, and a pipeline learns that it is
// not of everything in NEW. What is wrong in OLD is in effect already.
func TestPlanOfWhatIsRefused(t *testing.T) {
	dearer := strings.Replace(explainedManifests, `flat: "1.50"`, `flat: "2.50"`, 1)
	for _, test := range []struct {
		name, oldExtra, newExtra string
		valid                    bool
	}{
		{"all is well", "", "", true},
		{"NEW is no YAML", "", "a: [", false},
		{"admission would refuse it", "", "apiVersion: waypost.dev/v1alpha1\nkind: Partner\nmetadata: {name: x}\nspec: {}\n", false},
		{"the operator would refuse it", "", "apiVersion: waypost.dev/v1alpha1\nkind: Goal\nmetadata: {name: x}\nspec: {offerRef: {name: shoes}, value: \"1\", title: X}\n", true},
		{"OLD is no YAML", "a: [", "", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			dirs := []string{t.TempDir(), t.TempDir()}
			for i, files := range [][2]string{{explainedManifests, test.oldExtra}, {dearer, test.newExtra}} {
				for j, content := range files {
					if err := os.WriteFile(filepath.Join(dirs[i], []string{"all.yaml", "extra.yaml"}[j]), []byte(content), 0o600); err != nil {
						t.Fatal(err)
					}
				}
			}
			cmd, out, said := newPlanCommand(), &bytes.Buffer{}, &bytes.Buffer{}
			cmd.SetOut(out)
			cmd.SetErr(said)
			cmd.SetArgs(dirs)
			err := cmd.ExecuteContext(t.Context())
			if test.valid != (err == nil) || err != nil && !errors.Is(err, errNotValid) {
				t.Errorf("plan ends with %v", err)
			}
			if !strings.Contains(out.String(), "2.50") {
				t.Errorf("the plan is %s", out)
			}
			if (test.oldExtra+test.newExtra != "") != strings.Contains(said.String(), "extra.yaml") {
				t.Errorf("it says %q", said)
			}
		})
	}
}
