package v1alpha1_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"sigs.k8s.io/yaml"
)

// schema shortens the name of the type that all of this is about.
type schema = apiextensionsv1.JSONSchemaProps

// finding is one breach of the API's conventions.
type finding func(format string, args ...any)

// readDefinitions reads the generated definitions in config/crd.
func readDefinitions(t *testing.T) []*apiextensionsv1.CustomResourceDefinition {
	t.Helper()
	files, err := filepath.Glob("../../config/crd/waypost.dev_*.yaml")
	if err != nil || len(files) != 7 {
		t.Fatalf("%d definitions in config/crd (%v), want 7", len(files), err)
	}
	var all []*apiextensionsv1.CustomResourceDefinition
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		definition := &apiextensionsv1.CustomResourceDefinition{}
		if err := yaml.UnmarshalStrict(content, definition); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		all = append(all, definition)
	}
	return all
}

// TestSchemaConventions keeps kube-api-linter's rules, as far as they show in the schema: everything is bounded, nothing is
// a float or a boolean, lists say how they merge, fields explain themselves.
func TestSchemaConventions(t *testing.T) {
	for _, definition := range readDefinitions(t) {
		t.Run(definition.Spec.Names.Kind, func(t *testing.T) {
			lintDefinition(definition, t.Errorf)
			root := definition.Spec.Versions[0].Schema.OpenAPIV3Schema
			spec, status := root.Properties["spec"], root.Properties["status"]
			lint("spec", &spec, t.Errorf)
			lint("status", &status, t.Errorf)
			lintDefaults("spec", &spec, t.Errorf)
			lintConditions(&status, t.Errorf)
		})
	}
}

func lintDefinition(definition *apiextensionsv1.CustomResourceDefinition, report finding) {
	spec, version := definition.Spec, definition.Spec.Versions[0]
	if spec.Group != "waypost.dev" || spec.Scope != apiextensionsv1.NamespaceScoped {
		report("group %s, scope %s", spec.Group, spec.Scope)
	}
	if !slices.Equal(spec.Names.Categories, []string{"waypost"}) || len(spec.Names.ShortNames) != 1 {
		report("categories %v, short names %v", spec.Names.Categories, spec.Names.ShortNames)
	}
	if len(spec.Versions) != 1 || version.Name != "v1alpha1" || version.Subresources == nil || version.Subresources.Status == nil {
		report("want the one version v1alpha1 with a status subresource")
	}
	if len(version.SelectableFields) > 8 {
		report("%d selectable fields, the API server allows 8", len(version.SelectableFields))
	}
	for _, column := range version.AdditionalPrinterColumns {
		if column.Description == "" {
			report("column %s has no description", column.Name)
		}
	}
}

// lint walks a schema and reports what breaks a convention.
func lint(path string, s *schema, report finding) {
	if s.XPreserveUnknownFields != nil || s.XIntOrString || s.XEmbeddedResource {
		report("%s is not structural in full", path)
	}
	switch s.Type {
	case "object":
		lintObject(path, s, report)
	case "array":
		lintList(path, s, report)
	case "string":
		if s.MaxLength == nil && len(s.Enum) == 0 && s.Format != "date-time" {
			report("%s: a string without maxLength", path)
		}
	case "integer":
		if strings.HasPrefix(path, "spec") && (s.Minimum == nil || s.Maximum == nil) {
			report("%s: an integer without minimum and maximum", path)
		}
	default:
		report("%s: type %q; numbers with a fraction are decimal strings and choices are enums", path, s.Type)
	}
}

func lintObject(path string, s *schema, report finding) {
	if s.AdditionalProperties != nil && s.MaxProperties == nil {
		report("%s: a map without maxProperties", path)
	}
	for name, property := range s.Properties {
		at := path + "." + name
		// metav1.Condition is not ours to describe.
		if !strings.HasPrefix(path, "status.conditions") && !strings.HasPrefix(property.Description, name+" ") {
			report("%s: the description does not begin with the field's name: %q", at, property.Description)
		}
		lint(at, &property, report)
	}
}

// atomicLists are lists of objects without a name: conditions of a rule, and a field that is refused whatever it holds.
var atomicLists = regexp.MustCompile(`^spec\.(rules|overrides)\[\]\.(when|payout\.tiers|revenue\.tiers)$`)

func lintList(path string, s *schema, report finding) {
	items := s.Items.Schema
	if s.MaxItems == nil {
		report("%s: a list without maxItems", path)
	}
	switch {
	case s.XListType == nil:
		report("%s: a list without a type", path)
	case items.Type != "object" && *s.XListType == "map":
		report("%s: a list map of %ss", path, items.Type)
	case items.Type == "object" && *s.XListType == "map":
		lintKeys(path, s, report)
	case items.Type == "object" && !atomicLists.MatchString(path):
		report("%s: a list of objects that does not merge by a key", path)
	}
	lint(path+"[]", items, report)
}

func lintKeys(path string, s *schema, report finding) {
	for _, key := range s.XListMapKeys {
		if !slices.Contains([]string{"name", "tier", "type"}, key) || !slices.Contains(s.Items.Schema.Required, key) {
			report("%s: the key %s is not name, tier or type, or not required", path, key)
		}
	}
}

// lintDefaults: an optional field says what happens without it, and does not say otherwise than the schema.
func lintDefaults(path string, s *schema, report finding) {
	if s.Type == "array" {
		lintDefaults(path+"[]", s.Items.Schema, report)
		return
	}
	for name, property := range s.Properties {
		at := path + "." + name
		if !slices.Contains(s.Required, name) && !strings.Contains(property.Description, "refused here") {
			lintDefault(at, &property, report)
		}
		lintDefaults(at, &property, report)
	}
}

func lintDefault(path string, s *schema, report finding) {
	var scalar any
	if s.Default != nil {
		if err := json.Unmarshal(s.Default.Raw, &scalar); err != nil {
			report("%s: default %s: %v", path, s.Default.Raw, err)
		}
	}
	// An object that defaults to {} is explained by its own fields.
	if _, isObject := scalar.(map[string]any); isObject {
		return
	}
	description := strings.Join(strings.Fields(s.Description), " ")
	if !strings.Contains(description, "Default: ") {
		report("%s: optional, but the description has no default", path)
	}
	want := strings.NewReplacer(`"`, "").Replace(fmt.Sprintf("Default: %v", scalar))
	if scalar != nil && !strings.Contains(strings.ReplaceAll(description, `"`, ""), want) {
		report("%s: the schema's default is %v, the description says %q", path, scalar, description)
	}
}

// lintConditions: conditions are there, bounded, and merge by type.
func lintConditions(status *schema, report finding) {
	conditions, ok := status.Properties["conditions"]
	if !ok || conditions.XListType == nil || *conditions.XListType != "map" || !slices.Equal(conditions.XListMapKeys, []string{"type"}) {
		report("status.conditions is not a list map by type")
	}
	if _, ok := status.Properties["observedGeneration"]; !ok {
		report("status.observedGeneration is missing")
	}
}

// objectNames are the patterns of what Kubernetes itself names, and refuses in the same way where it is declared: names of
// objects, of which a list holds up to 2,000, and entries of Secrets.
var objectNames = []string{`^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$`, `^[-._a-zA-Z0-9]+$`}

// TestRulesSayWhatToDo: each rule has a message of its own, long enough to help, and no field of ours answers with a bare
// regular expression.
func TestRulesSayWhatToDo(t *testing.T) {
	rules := 0
	var walk func(path string, s *schema)
	walk = func(path string, s *schema) {
		for _, rule := range s.XValidations {
			rules++
			if len(rule.Message) < 40 || !strings.ContainsAny(rule.Message, ":,") {
				t.Errorf("%s: %q does not say what to do", path, rule.Message)
			}
		}
		if strings.Contains(path, ".spec.") && s.Pattern != "" && len(s.XValidations) == 0 && !slices.Contains(objectNames, s.Pattern) {
			t.Errorf("%s: the pattern %s does not say what to do", path, s.Pattern)
		}
		if s.Items != nil {
			walk(path+"[]", s.Items.Schema)
		}
		for name, property := range s.Properties {
			walk(path+"."+name, &property)
		}
	}
	for _, definition := range readDefinitions(t) {
		walk(definition.Spec.Names.Kind, definition.Spec.Versions[0].Schema.OpenAPIV3Schema)
	}
	if rules < 50 {
		t.Errorf("only %d rules found", rules)
	}
}
