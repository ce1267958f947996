package offline

import (
	"context"
	"fmt"

	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/objectmeta"
	"k8s.io/apimachinery/pkg/api/operation"
	"k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// validateMetadata checks name, namespace, labels and the like.
func validateMetadata(ctx context.Context, namespace string, content map[string]any) field.ErrorList {
	path := field.NewPath("metadata")
	raw := content["metadata"]
	if _, ok := raw.(map[string]any); raw != nil && !ok {
		return field.ErrorList{field.TypeInvalid(path, raw, "metadata is a mapping, such as {name: shoes}")}
	}
	meta, _, err := objectmeta.GetObjectMeta(content, false)
	if err != nil {
		return field.ErrorList{field.Invalid(path, field.OmitValueType{}, fmt.Sprintf("cannot be read: %v", err))}
	}
	if meta == nil || meta.Name == "" {
		return field.ErrorList{field.Required(path.Child("name"), "an object has a name")}
	}
	meta.Namespace = namespace
	errs := validation.ValidateObjectMetaDeclaratively(ctx, operation.Create, meta, nil, true, validation.NameIsDNSSubdomain, path, true)
	for _, problem := range validation.ValidateNamespaceName(namespace, false) {
		errs = append(errs, field.Invalid(path.Child("namespace"), namespace, problem))
	}
	return errs
}

// unknownMetadata returns the paths of fields that metadata does not have.
func unknownMetadata(content map[string]any) []string {
	_, _, unknown, err := objectmeta.GetObjectMetaWithOptions(content, objectmeta.ObjectMetaOptions{ReturnUnknownFieldPaths: true})
	if err != nil {
		return nil // validateMetadata reports what is wrong
	}
	return unknown
}
