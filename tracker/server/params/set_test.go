package params_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/waypost/waypost/tracker/server/params"
)

func TestKeysAreCollectedAndNotKept(t *testing.T) {
	var s params.Set
	s.KeepRaw = true
	s.ScanQuery(params.Postbacks(), []byte(
		"clickid=c&api_key=one&secure=two&security_token=three&key=four&key=five&%6bey=six&Api_Key=seven&KEY=&goal=2&goal=3"))
	s.AddKey([]byte("eight"))
	s.AddKey(nil)
	if got := string(bytes.Join(s.Keys, []byte(" "))); got != "one two three four five six seven eight" {
		t.Errorf("keys: %s", got)
	}
	var names []string
	for _, p := range s.Raw {
		names = append(names, string(p.Name)+"="+string(p.Value))
	}
	if got := strings.Join(names, " "); got != "clickid=c goal=2 goal=3" {
		t.Errorf("raw parameters: %s; want all but the keys, repeated ones too", got)
	}
}

func TestKeysAndRawAreBounded(t *testing.T) {
	var s params.Set
	s.KeepRaw = true
	s.ScanQuery(params.Postbacks(), []byte(
		strings.Repeat("key=k&", 100)+strings.Repeat("n=v&", 200)+strings.Repeat("n", 200)+"=v"))
	checkNoKeys(t, &s)
	s.Reset()
	s.KeepRaw = true
	s.ScanQuery(params.Postbacks(), []byte("comment="+strings.Repeat("x", 5000)))
	checkNoKeys(t, &s)
}

func TestScanJSON(t *testing.T) {
	tests := []struct {
		name, body string
		ok         bool
		param      params.Param
		want       string
	}{
		{"text", `{"clickid":"abc"}`, true, params.ClickID, "abc"},
		{"a number as it is written", `{"amount":12.50}`, true, params.Amount, "12.50"},
		{"an exponent is kept for the grammar to refuse", `{"amount":1e3}`, true, params.Amount, "1e3"},
		{"truth", `{"test":true}`, true, params.Test, "true"},
		{"null is not given", `{"goal":null}`, true, params.Goal, ""},
		{"an object under a name that means nothing", `{"customer":{"key":"x"},"clickid":"a"}`, true, params.ClickID, "a"},
		{"a list under one", `{"items":["2"],"goal":"2"}`, true, params.Goal, "2"},
		{"an object as a parameter", `{"goal":{"key":"x"},"clickid":"a"}`, false, params.Goal, ""},
		{"a list as a parameter", `{"clickid":"a","order_id":["12"]}`, false, params.OrderID, ""},
		{"a list as a key", `{"api_key":["x"]}`, false, params.Goal, ""},
		{"escapes", `{"comment":"a\u00fc\"b"}`, true, params.Comment, `aü"b`},
		{"the first counts", `{"goal":"2","goal":"3"}`, true, params.Goal, "2"},
		{"space around", " {\n} \n", true, params.Goal, ""},
		{"not an object", `["clickid"]`, false, params.ClickID, ""},
		{"nothing", ``, false, params.ClickID, ""},
		{"cut off", `{"clickid":"a"`, false, params.ClickID, "a"},
		{"two of them", `{"clickid":"a"}{"clickid":"b"}`, false, params.ClickID, "a"},
		{"a broken value", `{"clickid":x}`, false, params.ClickID, ""},
		{"no key", `{1:2}`, false, params.ClickID, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var s params.Set
			err := s.ScanJSON(params.Postbacks(), []byte(tt.body))
			if (err == nil) != tt.ok {
				t.Fatalf("error %v, want ok %v", err, tt.ok)
			}
			if got := string(s.Get(tt.param)); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestTheQueryComesBeforeTheBody(t *testing.T) {
	var s params.Set
	s.ScanQuery(params.Postbacks(), []byte("amount=1"))
	if err := s.ScanJSON(params.Postbacks(), []byte(`{"amount":2,"goal":"3"}`)); err != nil {
		t.Fatal(err)
	}
	if a, g := string(s.Get(params.Amount)), string(s.Get(params.Goal)); a != "1" || g != "3" {
		t.Errorf("amount %q, goal %q", a, g)
	}
}

func FuzzScanJSON(f *testing.F) {
	for _, b := range []string{`{"a":1}`, `{"key":"x","clickid":"y"}`, `{`, `{"a":[{"b":null}]}`, `{"goal":"\ud800"}`} {
		f.Add([]byte(b))
	}
	table := params.Postbacks()
	f.Fuzz(func(t *testing.T, body []byte) {
		var s params.Set
		s.KeepRaw = true
		_ = s.ScanJSON(table, body) // an error is fine, a panic or a kept key is not
		checkNoKeys(t, &s)
	})
}
