package main

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// TestRulesOfTheDashboard: promtool gets every query, with nothing of Grafana left in it.
func TestRulesOfTheDashboard(t *testing.T) {
	dashboard, err := os.ReadFile("../../charts/waypost/dashboards/waypost.json")
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := writeRules(dashboard, &out); err != nil {
		t.Fatal(err)
	}
	var file struct{ Groups []ruleGroup }
	if err := yaml.UnmarshalStrict(out.Bytes(), &file); err != nil {
		t.Fatal(err)
	}
	if got, want := len(file.Groups[0].Rules), bytes.Count(dashboard, []byte(`"expr"`)); got != want || got < 30 {
		t.Errorf("%d rules of %d queries", got, want)
	}
	for _, rule := range file.Groups[0].Rules {
		if rule.Expr == "" || strings.Contains(rule.Expr, "$") {
			t.Errorf("panel %q asks for %q", rule.Labels["panel"], rule.Expr)
		}
	}
}
