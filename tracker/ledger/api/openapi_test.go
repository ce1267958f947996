package api

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/waypost/waypost/tracker/ledger/query"
)

// document is the description as clients read it.
func document(t *testing.T) object {
	t.Helper()
	var doc object
	if err := json.Unmarshal(openAPI(table(), "1.2.3"), &doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

func TestDocumentIsTheTable(t *testing.T) {
	doc := document(t)
	if doc["openapi"] != "3.1.0" || doc["info"].(object)["version"] != "1.2.3" {
		t.Errorf("it says %v of version %v", doc["openapi"], doc["info"])
	}
	operations := 0
	ids := map[string]bool{}
	for path, item := range doc["paths"].(object) {
		for method, o := range item.(object) {
			operations++
			id := o.(object)["operationId"].(string)
			if ids[id] {
				t.Errorf("%s %s: the operationId %s is not the only one", method, path, id)
			}
			ids[id] = true
		}
	}
	if routes := table(); operations != len(routes) {
		t.Errorf("%d operations for %d routes", operations, len(routes))
	}
}

func TestParametersOfARouteAreDifferent(t *testing.T) {
	for _, r := range table() {
		seen := map[string]bool{}
		for _, p := range r.params {
			if seen[p.name] {
				t.Errorf("%s %s has %s twice", r.method, r.path, p.name)
			}
			seen[p.name] = true
			if p.doc == "" || p.kind == choice && len(p.values) == 0 {
				t.Errorf("%s %s: %s is not described", r.method, r.path, p.name)
			}
			if p.inPath != strings.Contains(r.path, "{"+p.name+"}") {
				t.Errorf("%s %s: %s and the path disagree", r.method, r.path, p.name)
			}
		}
	}
}

// TestEveryParameterIsUsed reads the package's source: a parameter that is accepted
// and then ignored would be a filter that does not filter.
func TestEveryParameterIsUsed(t *testing.T) {
	used := map[string]bool{}
	files, err := parser.ParseDir(token.NewFileSet(), ".", nil, 0) //nolint:staticcheck // one package, no build tags
	if err != nil {
		t.Fatal(err)
	}
	for name, f := range files["api"].Files {
		if strings.HasSuffix(name, "_test.go") || name == "param.go" || name == "route.go" || name == "fielddoc.go" {
			continue
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if l, ok := n.(*ast.BasicLit); ok && l.Kind == token.STRING {
				used[strings.Trim(l.Value, `"`)] = true
			}
			return true
		})
	}
	for n := range 10 {
		used[string(query.BySub(n+1))] = true // asked for in a loop
	}
	used["limit"] = true // has a field of its own
	for _, r := range table() {
		for _, p := range r.params {
			if !used[p.name] {
				t.Errorf("%s %s: nobody asks for the parameter %s", r.method, r.path, p.name)
			}
		}
	}
}

func TestFieldsAreDescribed(t *testing.T) {
	used := map[string]bool{}
	for name, schema := range document(t)["components"].(object)["schemas"].(object) {
		if name == "Problem" || strings.HasPrefix(name, "Report") {
			continue
		}
		for field, property := range schema.(object)["properties"].(object) {
			used[field] = true
			if property.(object)["description"] == nil {
				t.Errorf("%s.%s is not described", name, field)
			}
		}
	}
	for field := range fieldDocs {
		if !used[field] {
			t.Errorf("%s is described, but no answer has it", field)
		}
	}
}

func TestReferencesLeadSomewhere(t *testing.T) {
	doc := openAPI(table(), "")
	schemas := document(t)["components"].(object)["schemas"].(object)
	for _, m := range regexp.MustCompile(`"#/components/schemas/([^"]+)"`).FindAllSubmatch(doc, -1) {
		if schemas[string(m[1])] == nil {
			t.Errorf("there is no schema %s", m[1])
		}
	}
}

func TestSchemaNames(t *testing.T) {
	for want, v := range map[string]any{
		"Conversion": query.Conversion{}, "ConversionList": query.List[query.Conversion]{}, "TargetList": query.List[target]{}, "DecisionBody": decisionBody{},
	} {
		if got := schemaName(reflect.TypeOf(v)); got != want {
			t.Errorf("%T is %s, want %s", v, got, want)
		}
	}
}

func TestContractFields(t *testing.T) {
	schemas := document(t)["components"].(object)["schemas"].(object)
	for name, fields := range map[string]string{
		"ReportRow": "day offer partner goal goalTitle currency clicks impressions conversions pending hold rejected payout revenue profit " +
			"hour month advertiser goalName source sub1 sub10 country device status",
		"Conversion": "id time status reason offer partner goal clickID impressionID aimpID orderID amount payout revenue currency " +
			"sub1 sub2 sub3 sub4 sub5 sub6 sub7 sub8 sub9 sub10 config payoutRule history",
		"Postback": "time verdict reason goalRaw goal clickID source delaySeconds params httpStatus",
		"Delivery": "id time kind state attempts partner offer httpStatus error url",
	} {
		properties := schemas[name].(object)["properties"].(object)
		for field := range strings.FieldsSeq(fields) {
			if properties[field] == nil {
				t.Errorf("%s has no %s", name, field)
			}
		}
	}
	var paths []string
	for _, r := range table() {
		paths = append(paths, r.method+" "+base+r.path)
	}
	for _, want := range []string{
		"GET /api/v1/reports", "GET /api/v1/conversions", "POST /api/v1/conversions/{id}/approve", "POST /api/v1/conversions/{id}/reject",
		"GET /api/v1/postbacks", "GET /api/v1/deliveries", "POST /api/v1/deliveries/{id}/retry", "GET /api/v1/openapi.json",
	} {
		if !slices.Contains(paths, want) {
			t.Errorf("there is no %s", want)
		}
	}
}

func TestProblemsOfARoute(t *testing.T) {
	for _, r := range table() {
		if r.path == "/conversions/approve" {
			if got := r.problems()[http.StatusBadRequest]; got != "unknown_parameter, bad_parameter, bad_body, bad_cursor, filter_required" {
				t.Errorf("400: %s", got)
			}
		}
	}
}
