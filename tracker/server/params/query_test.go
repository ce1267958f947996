package params_test

import (
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/waypost/waypost/tracker/server/params"
)

func TestScanQuery(t *testing.T) {
	long := strings.Repeat("x", params.MaxValue)
	tests := []struct {
		name, query string
		param       params.Param
		want        string
		overflow    bool
	}{
		{"plain", "sub1=abc", params.Sub1, "abc", false},
		{"none", "", params.Sub1, "", false},
		{"empty", "sub1=", params.Sub1, "", false},
		{"no equals sign", "sub1", params.Sub1, "", false},
		{"an equals sign in the value", "sub1=a=b", params.Sub1, "a=b", false},
		{"escapes", "sub1=%41%2Fb%20c%c3%bc", params.Sub1, "A/b cü", false},
		{"a plus is a space", "sub1=a+b", params.Sub1, "a b", false},
		{"an escaped name", "%73ub1=a", params.Sub1, "a", false},
		{"a broken escape is literal", "sub1=100%&sub2=%zz", params.Sub1, "100%", false},
		{"a broken escape is literal", "sub1=100%&sub2=%zz", params.Sub2, "%zz", false},
		{"escaped separators stay in the value", "sub1=a%26sub2%3Db", params.Sub1, "a&sub2=b", false},
		{"empty pairs", "&&sub1=a&&", params.Sub1, "a", false},
		{"a name without a name", "=x&sub1=a", params.Sub1, "a", false},
		{"names have capitals or not", "SUB1=a", params.Sub1, "a", false},
		{"a name in two spellings is sent twice", "sub1=&Sub1=b", params.Sub1, "", false},
		{"blanks of a sub id stay", "sub1=%20a%0A", params.Sub1, " a\n", false},
		{"blanks of an id do not", "offer=%091001%C2%A0%0D%0A", params.Offer, "1001", false},
		{"a word for nothing gives way", "offer=undefined&oid=1001", params.Offer, "1001", false},
		{"in a sub id it is a word", "sub1=null&s1=b", params.Sub1, "null", false},
		{"an escaped equals sign parts as well", "offer%3D1001", params.Offer, "1001", false},
		{"sent twice: the first counts", "sub1=a&sub1=b", params.Sub1, "a", false},
		{"sent twice, the first empty: it counts", "sub1=&sub1=b", params.Sub1, "", false},
		{"synonyms: the first counts", "aff_sub=a&sub1=b", params.Sub1, "a", false},
		{"synonyms: an empty one gives way", "aff_sub=&sub1=b", params.Sub1, "b", false},
		{"500 bytes fit", "sub1=" + long, params.Sub1, long, false},
		{"501 do not", "sub1=" + long + "y", params.Sub1, "", true},
		{"the size is that of the decoded value", "sub1=" + strings.Repeat("%78", 500), params.Sub1, long, false},
		{"a deep link may be longer", "url=" + long + "y", params.Redirect, long + "y", false},
		{"not without end", "url=" + strings.Repeat("x", 2049), params.Redirect, "", true},
		{"an unknown one may be long", "q=" + long + long, params.Sub1, "", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var s params.Set
			s.ScanQuery(params.Clicks(), []byte(tt.query))
			if got := string(s.Get(tt.param)); got != tt.want || s.Overflow != tt.overflow {
				t.Errorf("%q: got %q, overflow %v; want %q, %v", tt.query, got, s.Overflow, tt.want, tt.overflow)
			}
		})
	}
}

func TestPostbackValuesHaveNoLimitOfTheirOwn(t *testing.T) {
	var s params.Set
	long := strings.Repeat("7", 600)
	s.ScanQuery(params.Postbacks(), []byte("txid="+long))
	if got := string(s.Get(params.OrderID)); got != long || s.Overflow {
		t.Errorf("order id has %d bytes, overflow %v", len(got), s.Overflow)
	}
}

func TestResetForgets(t *testing.T) {
	var s params.Set
	s.KeepRaw = true
	s.ScanQuery(params.Postbacks(), []byte("clickid=a%20b&key=k&comment="+strings.Repeat("x", 501)))
	s.Reset()
	if s.Get(params.ClickID) != nil || len(s.Raw) != 0 || len(s.Keys) != 0 || s.Overflow || s.KeepRaw {
		t.Fatalf("after Reset: %+v", s)
	}
	s.ScanQuery(params.Postbacks(), []byte("clickid=second"))
	if got := string(s.Get(params.ClickID)); got != "second" {
		t.Fatalf("used again: %q", got)
	}
}

func TestScanQueryDoesNotAllocate(t *testing.T) {
	table := params.Clicks()
	query := []byte("offer=1001&partner=2002&sub1=news%20letter&sub2=a+b&source=mail&unknown=1&utm_source=x")
	var s params.Set
	n := testing.AllocsPerRun(100, func() {
		s.Reset()
		s.ScanQuery(table, query)
	})
	if n != 0 {
		t.Fatalf("a click's query costs %v allocations", n)
	}
}

func BenchmarkScanQuery(b *testing.B) {
	table := params.Clicks()
	query := []byte("offer=1001&partner=2002&sub1=newsletter&sub2=march%20sale&source=mail")
	var s params.Set
	b.ReportAllocs()
	for b.Loop() {
		s.Reset()
		s.ScanQuery(table, query)
	}
}

// FuzzScanQuery compares with net/url where both have an opinion.
func FuzzScanQuery(f *testing.F) {
	for _, q := range []string{
		"offer=1&partner=2", "sub1=%zz&sub1=b", "a&b&c=%41+", "key=x&API_KEY=y&clickid=%00", "=&==&&;", "amount=%2", "%",
	} {
		f.Add(q)
	}
	table := params.Postbacks()
	f.Fuzz(func(t *testing.T, query string) {
		var s params.Set
		s.KeepRaw = true
		s.ScanQuery(table, []byte(query))
		checkNoKeys(t, &s)
		values, err := url.ParseQuery(query)
		if err != nil || !utf8.ValidString(query) || !undamaged(values) {
			return
		}
		if first := values["clickid"]; len(first) > 0 && first[0] != "" && !given(values, "click_id", "transaction_id", "tracking", "tid", "cid", "reqid", "passthrough1") {
			if got := string(s.Get(params.ClickID)); got != first[0] {
				t.Errorf("clickid of %q is %q, net/url says %q", query, got, first[0])
			}
		}
	})
}

// undamaged: names are as the tables have them, and click ids have no blanks.
func undamaged(values url.Values) bool {
	for name := range values {
		if strings.Trim(name, "abcdefghijklmnopqrstuvwxyz_0123456789") != "" || strings.HasPrefix(name, "amp") {
			return false
		}
	}
	return !strings.ContainsAny(values.Get("clickid"), "%\x00\u200b\ufeff") && strings.TrimSpace(values.Get("clickid")) == values.Get("clickid")
}

func given(values url.Values, names ...string) bool {
	for _, n := range names {
		if values.Has(n) {
			return true
		}
	}
	return false
}

func checkNoKeys(t *testing.T, s *params.Set) {
	t.Helper()
	for _, p := range s.Raw {
		switch strings.ToLower(string(p.Name)) {
		case "api_key", "secure", "security_token", "key":
			t.Errorf("raw parameters hold the key %q", p.Name)
		}
		if len(p.Name) > 128 || len(p.Value) > 2048 {
			t.Errorf("a raw parameter of %d and %d bytes", len(p.Name), len(p.Value))
		}
	}
	if len(s.Raw) > 100 || len(s.Keys) > 16 {
		t.Errorf("%d raw parameters and %d keys", len(s.Raw), len(s.Keys))
	}
}
