package offline

import (
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"
	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	structuralschema "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	schemavalidation "k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"sigs.k8s.io/yaml"

	"github.com/waypost/waypost/config/crd"
	"github.com/waypost/waypost/controllers/kinds"
)

// admission refuses what the API server would refuse, with the same code over the
// same definitions. It is safe for concurrent use.
type admission struct {
	kinds map[string]*kindAdmission
	// pause is called between the steps of reading and checking objects.
	pause func()
}

// kindAdmission checks objects of one kind.
type kindAdmission struct {
	structural *structuralschema.Structural
	schema     schemavalidation.SchemaValidator
	rules      *cel.Validator
	kind       *kinds.Kind
}

// newAdmission compiles the embedded definitions, whose rules take most of a
// quarter of a second.
func newAdmission() (*admission, error) {
	files, err := crd.Files.ReadDir(".")
	if err != nil {
		return nil, fmt.Errorf("reading the embedded definitions: %w", err)
	}
	names, compiled := make([]string, len(files)), make([]*kindAdmission, len(files))
	var group errgroup.Group
	for i, file := range files {
		group.Go(func() error {
			data, err := crd.Files.ReadFile(file.Name())
			if err == nil {
				names[i], compiled[i], err = newKindAdmission(data)
			}
			if err != nil {
				return fmt.Errorf("compiling the embedded %s: %w", file.Name(), err)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	a := &admission{kinds: map[string]*kindAdmission{}, pause: func() {}}
	for i, name := range names {
		a.kinds[name] = compiled[i]
	}
	return a, nil
}

// newKindAdmission compiles one definition and returns it with the name of its kind. The
// cost limit of a rule is the API server's, so that what exceeds it there fails here, too.
func newKindAdmission(data []byte) (string, *kindAdmission, error) {
	var definition apiextensionsv1.CustomResourceDefinition
	if err := yaml.Unmarshal(data, &definition); err != nil {
		return "", nil, fmt.Errorf("decoding: %w", err)
	}
	name := definition.Spec.Names.Kind
	kind := kinds.Named(name)
	if kind == nil || len(definition.Spec.Versions) != 1 {
		return "", nil, errors.New("not one version of one of our kinds")
	}
	var schema apiextensions.JSONSchemaProps
	err := apiextensionsv1.Convert_v1_JSONSchemaProps_To_apiextensions_JSONSchemaProps(
		definition.Spec.Versions[0].Schema.OpenAPIV3Schema, &schema, nil)
	if err != nil {
		return "", nil, fmt.Errorf("converting the schema: %w", err)
	}
	structural, err := structuralschema.NewStructural(&schema)
	if err != nil {
		return "", nil, fmt.Errorf("reading the schema: %w", err)
	}
	validator, _, err := schemavalidation.NewSchemaValidator(&schema)
	if err != nil {
		return "", nil, fmt.Errorf("compiling the schema: %w", err)
	}
	return name, &kindAdmission{
		structural: structural, schema: validator, kind: kind,
		rules: cel.NewValidator(structural, true, celconfig.PerCallLimit),
	}, nil
}
