package v1alpha1_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/waypost/waypost/api/v1alpha1"
)

// kinds are one empty object of each kind.
var kinds = []v1alpha1.Object{
	&v1alpha1.Network{}, &v1alpha1.Advertiser{}, &v1alpha1.Partner{}, &v1alpha1.Offer{},
	&v1alpha1.Goal{}, &v1alpha1.PartnerPayout{}, &v1alpha1.PayoutStructure{},
}

// TestConditionsFirst: conditions are the first thing in every status, and the accessors lead to them.
func TestConditionsFirst(t *testing.T) {
	for _, object := range kinds {
		status := reflect.TypeOf(object).Elem()
		field, _ := status.FieldByName("Status")
		if name := firstField(field.Type); name != "conditions" {
			t.Errorf("%T: the status begins with %s", object, name)
		}
		object.GetObjectStatus().ObservedGeneration = 3
		object.SetConditions(make([]metav1.Condition, 2))
		if len(object.GetConditions()) != 2 || len(object.GetObjectStatus().GetConditions()) != 2 {
			t.Errorf("%T: the accessors do not lead to the status", object)
		}
	}
}

// firstField returns the JSON name of a struct's first field, through embedded structs.
func firstField(t reflect.Type) string {
	for t.Field(0).Anonymous {
		t = t.Field(0).Type
	}
	name, _, _ := strings.Cut(t.Field(0).Tag.Get("json"), ",")
	return name
}

// TestFieldsAreMarked: each field in the sources is said to be required or optional, not both and not by guesswork,
// required ones are always written and optional ones left out when empty, and none is a float, a boolean or a duration.
func TestFieldsAreMarked(t *testing.T) {
	files, err := filepath.Glob("*_types.go")
	if err != nil || len(files) < 7 {
		t.Fatalf("%d source files: %v", len(files), err)
	}
	fields := 0
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(node ast.Node) bool {
			declared, ok := node.(*ast.TypeSpec)
			if !ok {
				return true
			}
			structure, ok := declared.Type.(*ast.StructType)
			if !ok || strings.HasSuffix(declared.Name.Name, "List") {
				return true
			}
			for _, field := range structure.Fields.List {
				fields++
				lintField(t, file+": "+declared.Name.Name, field)
			}
			return true
		})
	}
	if fields < 100 {
		t.Errorf("only %d fields found", fields)
	}
}

func lintField(t *testing.T, owner string, field *ast.Field) {
	t.Helper()
	tag := reflect.StructTag(strings.Trim(field.Tag.Value, "`")).Get("json")
	name, options, _ := strings.Cut(tag, ",")
	if options == "inline" {
		return
	}
	text := comment(field.Doc)
	required, optional := strings.Contains(text, "+required"), strings.Contains(text, "+optional")
	if required == optional {
		t.Errorf("%s.%s: want one of +required and +optional", owner, name)
	}
	if optional != (options == "omitempty") {
		t.Errorf("%s.%s: optional %v, but the tag is %q", owner, name, optional, tag)
	}
	ast.Inspect(field.Type, func(node ast.Node) bool {
		if used, ok := node.(*ast.Ident); ok && isUnwanted(used.Name) {
			t.Errorf("%s.%s: %s has no place in this API", owner, name, used.Name)
		}
		return true
	})
}

// comment returns a comment with its markers, which ast.CommentGroup.Text leaves out.
func comment(group *ast.CommentGroup) string {
	var text strings.Builder
	if group != nil {
		for _, line := range group.List {
			text.WriteString(line.Text + "\n")
		}
	}
	return text.String()
}

func isUnwanted(name string) bool {
	switch name {
	case "float32", "float64", "bool", "Duration", "int", "uint", "uint32", "uint64", "any", "RawExtension":
		return true
	default:
		return false
	}
}
