package offline

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"
	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	structuralschema "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/listtype"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	schemavalidation "k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"sigs.k8s.io/yaml"

	"github.com/waypost/waypost/api/v1alpha1"
	"github.com/waypost/waypost/config/crd"
)

// admission refuses what the API server would refuse, with the same code over the
// same definitions. It is safe for concurrent use.
type admission struct {
	kinds map[string]*kindAdmission
}

// kindAdmission checks objects of one kind.
type kindAdmission struct {
	structural *structuralschema.Structural
	schema     schemavalidation.SchemaValidator
	rules      *cel.Validator
	make       func() v1alpha1.Object
}

// kinds are the custom resources by their names in manifests.
var kinds = map[string]func() v1alpha1.Object{
	"Network":         func() v1alpha1.Object { return &v1alpha1.Network{} },
	"Advertiser":      func() v1alpha1.Object { return &v1alpha1.Advertiser{} },
	"Partner":         func() v1alpha1.Object { return &v1alpha1.Partner{} },
	"Offer":           func() v1alpha1.Object { return &v1alpha1.Offer{} },
	"Goal":            func() v1alpha1.Object { return &v1alpha1.Goal{} },
	"PartnerPayout":   func() v1alpha1.Object { return &v1alpha1.PartnerPayout{} },
	"PayoutStructure": func() v1alpha1.Object { return &v1alpha1.PayoutStructure{} },
}

// newAdmission compiles the embedded definitions; the rules take some 100 ms each.
func newAdmission() (*admission, error) {
	files, err := crd.Files.ReadDir(".")
	if err != nil {
		return nil, fmt.Errorf("reading the embedded definitions: %w", err)
	}
	compiled := make([]*kindAdmission, len(files))
	names := make([]string, len(files))
	var group errgroup.Group
	for i, file := range files {
		group.Go(func() error {
			data, err := crd.Files.ReadFile(file.Name())
			if err != nil {
				return fmt.Errorf("reading the embedded %s: %w", file.Name(), err)
			}
			names[i], compiled[i], err = newKindAdmission(data)
			if err != nil {
				return fmt.Errorf("compiling the embedded %s: %w", file.Name(), err)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	a := &admission{kinds: map[string]*kindAdmission{}}
	for i, name := range names {
		a.kinds[name] = compiled[i]
	}
	return a, nil
}

func newKindAdmission(data []byte) (string, *kindAdmission, error) {
	var definition apiextensionsv1.CustomResourceDefinition
	if err := yaml.Unmarshal(data, &definition); err != nil {
		return "", nil, err
	}
	var schema apiextensions.JSONSchemaProps
	err := apiextensionsv1.Convert_v1_JSONSchemaProps_To_apiextensions_JSONSchemaProps(
		definition.Spec.Versions[0].Schema.OpenAPIV3Schema, &schema, nil)
	if err != nil {
		return "", nil, err
	}
	structural, err := structuralschema.NewStructural(&schema)
	if err != nil {
		return "", nil, err
	}
	validator, _, err := schemavalidation.NewSchemaValidator(&schema)
	if err != nil {
		return "", nil, err
	}
	kind := definition.Spec.Names.Kind
	return kind, &kindAdmission{
		structural: structural, schema: validator, make: kinds[kind],
		rules: cel.NewValidator(structural, true, celconfig.PerCallLimit),
	}, nil
}

// admit returns the object with its defaults, or why it is refused. old is the
// form that it replaces, nil for none.
func (a *admission) admit(ctx context.Context, m *manifest, old map[string]any) (v1alpha1.Object, map[string]any, []Finding) {
	k := a.kinds[m.kind()]
	if k == nil || m.apiVersion() != v1alpha1.GroupVersion.String() {
		return nil, nil, []Finding{m.finding(ReasonRefused, "kind", fmt.Sprintf(
			"%s %s is no kind of Waypost: use apiVersion %s and one of %s",
			m.apiVersion(), m.kind(), v1alpha1.GroupVersion, strings.Join(slices.Sorted(maps.Keys(kinds)), ", ")))}
	}
	content := runtime.DeepCopyJSON(m.content)
	delete(content, "status") // a subresource: what stands there is not taken
	findings := m.strictFindings(content, k.structural)
	defaulting.Default(content, k.structural)
	for _, e := range k.validate(ctx, content, old) {
		findings = append(findings, m.finding(ReasonRefused, e.Field, e.ErrorBody()))
	}
	if len(findings) > 0 {
		return nil, nil, findings
	}
	object := k.make()
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(content, object); err != nil {
		return nil, nil, []Finding{m.finding(ReasonRefused, "", err.Error())}
	}
	object.SetNamespace(m.namespace())
	return object, content, nil
}

// strictFindings are what kubectl's strict validation refuses: keys that stand
// twice, and fields that do not exist. The latter are taken out.
func (m *manifest) strictFindings(content map[string]any, s *structuralschema.Structural) []Finding {
	var findings []Finding
	if m.strict != nil {
		f := m.finding(ReasonRefused, "", plainError(m.strict))
		findings = append(findings, f)
	}
	unknown := pruning.PruneWithOptions(content, s, true, structuralschema.UnknownFieldPathOptions{TrackUnknownFieldPaths: true})
	for _, path := range unknown {
		findings = append(findings, m.finding(ReasonRefused, path, "unknown field "+path+": take it out or correct its name"))
	}
	return findings
}

// validate runs the checks in the API server's order.
func (k *kindAdmission) validate(ctx context.Context, content, old map[string]any) field.ErrorList {
	errs := validateMetadata(content)
	errs = append(errs, schemavalidation.ValidateCustomResource(nil, content, k.schema)...)
	errs = append(errs, listtype.ValidateListSetsAndMaps(nil, k.structural, content)...)
	if slices.ContainsFunc(errs, blocksRules) {
		return errs
	}
	var before any
	if old != nil {
		before = old
	}
	broken, _ := k.rules.Validate(ctx, nil, k.structural, content, before, celconfig.RuntimeCELCostBudget)
	return append(errs, broken...)
}

// blocksRules reports whether an error keeps the API server from running the CEL
// rules, which expect values of the right type and bounded size.
func blocksRules(e *field.Error) bool {
	switch e.Type {
	case field.ErrorTypeRequired, field.ErrorTypeTooLong, field.ErrorTypeTooMany, field.ErrorTypeTypeInvalid:
		return true
	}
	return false
}

func validateMetadata(content map[string]any) field.ErrorList {
	metadata, _ := content["metadata"].(map[string]any) // absent has no name
	path := field.NewPath("metadata", "name")
	name := text(metadata, "name")
	if name == "" {
		return field.ErrorList{field.Required(path, "an object has a name")}
	}
	var errs field.ErrorList
	for _, problem := range apivalidation.NameIsDNSSubdomain(name, false) {
		errs = append(errs, field.Invalid(path, name, problem))
	}
	if namespace := text(metadata, "namespace"); namespace != "" {
		for _, problem := range apivalidation.ValidateNamespaceName(namespace, false) {
			errs = append(errs, field.Invalid(field.NewPath("metadata", "namespace"), namespace, problem))
		}
	}
	return errs
}
