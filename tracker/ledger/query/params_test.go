package query_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/waypost/waypost/tracker/ledger/query"
)

// TestParamsKeepTheirOrder: neither the tables nor the API sort them.
func TestParamsKeepTheirOrder(t *testing.T) {
	for _, p := range []query.Params{
		{}, {{Name: "b", Value: "1"}, {Name: "B", Value: "2"}, {Name: "a", Value: ""}, {Name: "", Value: "<&\"\\\u2028>"}},
		{{Name: "amount", Value: "100"}, {Name: "Amount", Value: "900"}},
	} {
		text, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		got := query.Params{{Name: "of", Value: "before"}}
		if err := json.Unmarshal(text, &got); err != nil || !slices.Equal(got, p) {
			t.Errorf("%v in JSON is %s, and %v again: %v", p, text, got, err)
		}
	}
	for _, text := range []string{`null`, `{}`} {
		var p query.Params
		if err := json.Unmarshal([]byte(text), &p); err != nil || len(p) != 0 {
			t.Errorf("%s: %v, %v", text, p, err)
		}
	}
	for _, text := range []string{`[]`, `"x"`, `{"a":1}`, `{"a":{}}`, `{"a"`} {
		if err := json.Unmarshal([]byte(text), &query.Params{}); err == nil {
			t.Errorf("%s is taken", text)
		}
	}
}
