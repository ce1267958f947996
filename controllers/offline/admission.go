package offline

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	structuralschema "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/listtype"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	schemavalidation "k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
	celconfig "k8s.io/apiserver/pkg/apis/cel"

	"github.com/waypost/waypost/api/v1alpha1"
)

// admit returns the object with its defaults, typed and as content, or why the API
// server would refuse it from a client that, as kubectl does, asks for strict
// validation. old is the content that it replaces, nil for none.
func (a *admission) admit(ctx context.Context, m *manifest, old map[string]any) (v1alpha1.Object, map[string]any, []Finding) {
	k := a.kinds[m.kind]
	if k == nil || m.apiVersion != v1alpha1.GroupVersion.String() {
		return nil, nil, []Finding{m.finding(ReasonRefused, "kind", fmt.Sprintf(
			"%s %s is no kind of Waypost: use apiVersion %s and one of %s",
			m.apiVersion, m.kind, v1alpha1.GroupVersion, strings.Join(slices.Sorted(maps.Keys(a.kinds)), ", ")))}
	}
	content := runtime.DeepCopyJSON(m.content)
	findings := m.coerce(content, k.structural)
	delete(content, "status") // a subresource: what stands there is not taken
	for _, e := range k.validate(ctx, a.pause, m.namespace, content, old) {
		findings = append(findings, m.finding(ReasonRefused, e.Field, e.ErrorBody()))
	}
	if len(findings) > 0 {
		return nil, nil, findings
	}
	a.pause()
	object := k.kind.New()
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(content, object); err != nil {
		return nil, nil, []Finding{m.finding(ReasonRefused, "", err.Error())}
	}
	object.SetNamespace(m.namespace)
	return object, content, nil
}

// coerce gives content the form that the API server works with: without fields
// that do not exist, which it returns findings of, and with defaults. The order is the
// API server's: defaults are filled in before anything is validated, so a rule sees them.
func (m *manifest) coerce(content map[string]any, s *structuralschema.Structural) []Finding {
	var findings []Finding
	for _, key := range m.twice {
		f := m.finding(ReasonRefused, key.path, "the key stands here for the second time: take one out")
		f.Line = key.line
		findings = append(findings, f)
	}
	unknown := pruning.PruneWithOptions(content, s, true, structuralschema.UnknownFieldPathOptions{TrackUnknownFieldPaths: true})
	for _, path := range append(unknownMetadata(content), unknown...) {
		findings = append(findings, m.finding(ReasonRefused, path, unknownField(path, s)))
	}
	defaulting.PruneNonNullableNullsWithoutDefaults(content, s)
	defaulting.Default(content, s)
	return findings
}

// validate runs the checks in the API server's order: metadata, schema, lists with keys,
// and CEL rules, which run only on values of the right types (blocksRules). A rule that
// compares with the former form (transition rule) is skipped where there is none.
func (k *kindAdmission) validate(ctx context.Context, pause func(), namespace string, content, old map[string]any) field.ErrorList {
	errs := validateMetadata(ctx, namespace, content)
	pause()
	errs = append(errs, schemavalidation.ValidateCustomResource(nil, content, k.schema)...)
	errs = append(errs, listtype.ValidateListSetsAndMaps(nil, k.structural, content)...)
	if slices.ContainsFunc(errs, blocksRules) {
		return errs
	}
	pause()
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
	case field.ErrorTypeNotSupported, field.ErrorTypeRequired, field.ErrorTypeTooLong, field.ErrorTypeTooMany, field.ErrorTypeTypeInvalid:
		return true
	}
	return false
}
