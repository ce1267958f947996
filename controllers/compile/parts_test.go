package compile

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/waypost/waypost/api/snapshot"
)

func TestParseSource(t *testing.T) {
	for source, want := range map[string]string{
		"203.0.113.7":         "203.0.113.7/32",
		"203.0.113.7/24":      "203.0.113.0/24",
		"2001:DB8::1":         "2001:db8::1/128",
		"2001:db8::1/32":      "2001:db8::/32",
		"::ffff:203.0.113.7":  "203.0.113.7/32",
		"0.0.0.0/0":           "0.0.0.0/0",
		"fe80::1%eth0":        "",
		"203.0.113.0/33":      "",
		"203.0.113":           "",
		"shop.example":        "",
		"":                    "",
		" 203.0.113.7":        "",
		"203.0.113.7/24 ":     "",
		"203.000.113.7":       "",
		"::ffff:1.2.3.4/104":  "1.0.0.0/8",
		"::ffff:1.2.3.4/10":   "::/10",
		"1.2.3.4/255.255.0.0": "",
	} {
		prefix, ok := parseSource(source)
		if got := prefix.String(); ok != (want != "") || ok && got != want {
			t.Errorf("parseSource(%q) = %s, %v; want %q", source, got, ok, want)
		}
	}
}

func TestKeyLines(t *testing.T) {
	for value, want := range map[string][]string{
		"k":                        {"k"},
		"a\nb\n":                   {"a", "b"},
		" a \r\n\r\n b\n a":        {"a", "b"},
		"with space":               {"with space"},
		"":                         nil,
		"\n \n":                    nil,
		strings.Repeat("x\n", 100): {"x"},
	} {
		if got, problem := keyLines([]byte(value)); !slices.Equal(got, want) || (problem == "") != (want != nil) {
			t.Errorf("keyLines(%.20q) = %v, %q; want %v", value, got, problem, want)
		}
	}
	many := ""
	for i := range maxKeys + 1 {
		many += strings.Repeat("k", i+1) + "\n"
	}
	if _, problem := keyLines([]byte(many)); problem == "" {
		t.Errorf("more than %d keys are taken", maxKeys)
	}
}

func TestDefaultSlug(t *testing.T) {
	for title, want := range map[string]string{
		"Purchase":               "purchase",
		"Käufe & mehr":           "kaufe-and-mehr",
		"影師":                     "ying-shi",
		"Хелло ворлд":            "khello-vorld",
		"!!!":                    "goal-ab",
		strings.Repeat("影", 128): strings.TrimRight(strings.Repeat("ying-", 26)[:128], "-"),
	} {
		got := defaultSlug(&snapshot.Goal{Title: title, Value: "AB"})
		if got != want || !urlSafePattern.MatchString(got) || len(got) > maxSlug {
			t.Errorf("slug of %q is %q, want %q", title, got, want)
		}
	}
}

func TestLinkBase(t *testing.T) {
	for _, c := range []struct{ domain, public, want string }{
		{"", "", ""},
		{"", "https://x.example/", "https://x.example"},
		{"", "http://localhost:8080", "http://localhost:8080"},
		{"go.example", "http://localhost:8080", "https://go.example"},
	} {
		network := &snapshot.Network{}
		if c.domain != "" {
			network.TrackingDomains = []string{c.domain, "other.example"}
		}
		if got := linkBase(network, c.public); got != c.want {
			t.Errorf("linkBase(%q, %q) = %q, want %q", c.domain, c.public, got, c.want)
		}
	}
}

func TestSealedLinksNeedKeys(t *testing.T) {
	goal := &snapshot.Goal{Value: "2", Encrypted: true, Protocol: snapshot.ProtocolImage}
	if links := New(Options{}).namespace("default").goalLinks(&snapshot.Offer{TrackingID: "1"}, goal); links.Pixel != "" || links.Click != "" {
		t.Errorf("without keys: %+v", links)
	}
}

func TestPathIsWrittenAsTheAPIServerWritesIt(t *testing.T) {
	if got := root.dot("overrides").at(3).dot("goal").String(); got != "spec.overrides[3].goal" {
		t.Error(got)
	}
}

func TestDescribeCountsWhatItLeavesOut(t *testing.T) {
	problems := make([]Problem, maxMessages+2)
	for i := range problems {
		problems[i].Message = "x"
	}
	if got := describe(problems); !strings.HasSuffix(got, "; and 2 more") || strings.Count(got, "x") != maxMessages {
		t.Error(got)
	}
}

func TestSets(t *testing.T) {
	s := sets[string]{}
	var nodes []*node
	for range 3 * maxFew {
		n := &node{}
		nodes = append(nodes, n)
		s.enter("a", n)
		s.enter("a", n)
	}
	if s.len("a") != len(nodes) || len(slices.Collect(s.members("a"))) != len(nodes) || s.len("b") != 0 {
		t.Errorf("%d members", s.len("a"))
	}
	for i, n := range nodes {
		s.leave("a", n)
		s.leave("a", n)
		s.leave("b", n)
		if s.len("a") != len(nodes)-1-i {
			t.Fatalf("%d members after %d left", s.len("a"), i+1)
		}
	}
	if len(s) != 0 {
		t.Error("an empty set is kept")
	}
	for range s.members("a") {
		t.Error("a member of nothing")
	}
}

func TestEveryFieldOfAVerdictIsInItsDigest(t *testing.T) {
	v := Verdict{}
	before := v.digest()
	value := reflect.ValueOf(&v).Elem()
	for i := range value.NumField() {
		name := value.Type().Field(i).Name
		if name == "Kind" || name == "Network" || name == "Name" {
			continue // they belong to the node
		}
		changed := Verdict{}
		fill(reflect.ValueOf(&changed).Elem().Field(i))
		if changed.digest() == before {
			t.Errorf("a change of %s goes unnoticed", name)
		}
	}
}

// fill gives a value something that is not zero.
func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString("x")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int64:
		v.SetInt(1)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i))
		}
	}
}
