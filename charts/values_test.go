package charts

import (
	"encoding/json"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

type schema struct {
	Type                 any               `json:"type"`
	Properties           map[string]schema `json:"properties"`
	AdditionalProperties any               `json:"additionalProperties"`
}

func readSchema(t *testing.T) schema {
	t.Helper()
	data, err := os.ReadFile("waypost/values.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var s schema
	if err := json.Unmarshal(data, &s); err != nil {
		t.Fatal(err)
	}
	return s
}

// TestSchemaIsStrict: every value has a place in the schema, every place in the
// schema has a default, and nothing else is allowed.
func TestSchemaIsStrict(t *testing.T) {
	data, err := os.ReadFile("waypost/values.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var values map[string]any
	if err := yaml.UnmarshalStrict(data, &values); err != nil {
		t.Fatal(err)
	}
	compareValues(t, "values", values, readSchema(t))
}

func compareValues(t *testing.T, path string, values map[string]any, s schema) {
	t.Helper()
	have, known := slices.Sorted(maps.Keys(values)), slices.Sorted(maps.Keys(s.Properties))
	if !reflect.DeepEqual(have, known) {
		t.Errorf("%s: values.yaml has %v, the schema %v", path, have, known)
	}
	// Helm passes every chart the same globals, so others than ours may be there.
	if s.AdditionalProperties != false && path != "values.global" {
		t.Errorf("%s: the schema lets unknown values pass", path)
	}
	for name, property := range s.Properties {
		if len(property.Properties) > 0 {
			inner, _ := values[name].(map[string]any)
			compareValues(t, path+"."+name, inner, property)
		}
	}
}

// TestEveryValueIsExplained: the README has a description for each of them.
func TestEveryValueIsExplained(t *testing.T) {
	data, err := os.ReadFile("waypost/README.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	for line := range strings.Lines(string(data)) {
		cells := strings.Split(strings.TrimSpace(line), " | ")
		if len(cells) < 4 || strings.HasPrefix(line, "| Key") {
			continue
		}
		rows++
		if strings.Trim(cells[len(cells)-1], "| ") == "" {
			t.Errorf("not explained: %s", cells[0])
		}
	}
	if rows < 100 {
		t.Errorf("%d rows in the README's table; is it generated?", rows)
	}
}

// TestMistakesAreNamed: what cannot work is refused before anything is installed,
// with a message that names the value.
func TestMistakesAreNamed(t *testing.T) {
	for want, set := range map[string]string{
		"additional properties 'replica'":        "tracker.replica=2",
		"'/mode'":                                "mode=single",
		"'/publicURL'":                           "publicURL=go.example.net",
		"'/nats/url'":                            "nats.url=127.0.0.1",
		"'/image/digest'":                        "image.digest=latest",
		"propertyName 'FOO'":                     "tracing.env.FOO=bar",
		"mode distributed needs the journal":     "mode=distributed",
		"more than one ledger needs PostgreSQL":  "mode=distributed,nats.url=nats://nats:4222,ledger.replicas=2",
		"ingress.hosts: name at least one":       "ingress.enabled=true",
		"httpRoute.parentRefs: name the Gateway": "httpRoute.enabled=true",
		"choose one":                             "ingress.enabled=true,ingress.hosts={go.example.net},httpRoute.enabled=true",
	} {
		if _, err := template(t, "--set", set); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("--set %s: %v, want a message with %q", set, err, want)
		}
	}
}
