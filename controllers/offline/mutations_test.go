package offline

import (
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	structuralschema "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"
)

var (
	mutants    = flag.Int("mutants", 1000, "how many mutated manifests are compared with a real API server")
	mutantSeed = flag.Uint64("mutant-seed", 1, "where their random numbers begin")
)

// TestSameAsAPIServerOnMutants asks a real API server and us about manifests that
// were good until something in them was changed at random, and compares as
// TestSameAsAPIServer does.
func TestSameAsAPIServerOnMutants(t *testing.T) {
	server, a := newServer(t), admissionOf(t)
	good := readAll(t, "../../config/samples/*.yaml", "../../api/v1alpha1/admission/testdata/accepted/*.yaml")
	good = slices.DeleteFunc(good, func(m *manifest) bool { return a.kinds[m.kind] == nil })
	refused, accepted := 0, 0
	for n := range *mutants {
		u := newMutator(*mutantSeed+uint64(n), good)
		original := good[n%len(good)]
		content := u.mutant(original.content, a.kinds[original.kind].structural)
		m := remade(t, content)
		name := fmt.Sprintf("%s/%d", original.object(), *mutantSeed+uint64(n))
		t.Run(name, func(t *testing.T) {
			theirs, ours := server.post(t, m), ask(t, m, nil)
			compareAnswers(t, theirs, ours)
			if t.Failed() {
				text, _ := yaml.Marshal(content)
				t.Logf("changed: %s\n%s", strings.Join(u.done, "; "), text)
			}
			if theirs.refused {
				refused++
			} else {
				accepted++
			}
		})
	}
	t.Logf("%d refused, %d accepted", refused, accepted)
	if refused < *mutants/4 || accepted < *mutants/20 {
		t.Errorf("of %d mutants the API server refused %d and accepted %d: they say little", *mutants, refused, accepted)
	}
}

// remade writes a manifest as a file and reads it again, as a user's would be.
func remade(t *testing.T, content map[string]any) *manifest {
	t.Helper()
	text, err := yaml.Marshal(content)
	if err != nil {
		t.Fatal(err)
	}
	all, findings := parse("mutant.yaml", text)
	if len(findings) > 0 || len(all) != 1 {
		t.Fatalf("%d manifests, %v in\n%s", len(all), findings, text)
	}
	return all[0]
}

// mutator changes manifests at random.
type mutator struct {
	*rand.Rand
	// values are those that good manifests have, by the name of their field.
	values map[string][]any
	// done says what was changed.
	done []string
}

func newMutator(seed uint64, good []*manifest) *mutator {
	u := &mutator{Rand: rand.New(rand.NewPCG(seed, 0)), values: map[string][]any{}}
	for _, m := range good {
		u.collect("", m.content)
	}
	return u
}

func (u *mutator) collect(name string, value any) {
	u.values[name] = append(u.values[name], value)
	switch v := value.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			u.collect(key, v[key])
		}
	case []any:
		for _, item := range v {
			u.collect(name+"[]", item)
		}
	}
}

// mutant returns a copy of a good manifest with one to three changes.
func (u *mutator) mutant(good map[string]any, s *structuralschema.Structural) map[string]any {
	content := runtime.DeepCopyJSON(good)
	if content["spec"] == nil {
		content["spec"] = map[string]any{}
	}
	spec := s.Properties["spec"]
	for range 1 + u.IntN(3) {
		if u.IntN(20) == 0 {
			u.metadata(content)
			continue
		}
		u.child(content, "spec", &spec)
	}
	return content
}

// metadata changes anything there but the name: without one that can be read the
// API server looks no further, and we do.
func (u *mutator) metadata(content map[string]any) {
	name := content["metadata"].(map[string]any)["name"]
	u.child(content, "metadata", nil)
	if metadata, ok := content["metadata"].(map[string]any); ok {
		metadata["name"] = name
	} else {
		content["metadata"] = map[string]any{"name": name}
	}
}

// child changes a field of object, or something in it.
func (u *mutator) child(object map[string]any, name string, s *structuralschema.Structural) {
	u.done = append(u.done, name)
	if u.IntN(100) == 0 {
		object[name] = u.anything()
		return
	}
	object[name] = u.change(object[name], name, s)
}

// change returns the value with a change somewhere.
func (u *mutator) change(value any, name string, s *structuralschema.Structural) any {
	switch v := value.(type) {
	case map[string]any:
		return u.changeObject(v, s)
	case []any:
		return u.changeList(v, name, s)
	}
	return u.scalar(value, name)
}

func (u *mutator) changeObject(object map[string]any, s *structuralschema.Structural) any {
	present := slices.Sorted(maps.Keys(object))
	switch u.IntN(12) {
	case 0:
		if len(present) > 0 {
			gone := present[u.IntN(len(present))]
			u.done = append(u.done, "without "+gone)
			delete(object, gone)
		}
	case 1:
		object[u.odd()] = u.anything()
	case 2, 3, 4:
		if s == nil || len(s.Properties) == 0 {
			break
		}
		known := slices.Sorted(maps.Keys(s.Properties))
		name := known[u.IntN(len(known))]
		u.done = append(u.done, "with "+name)
		object[name] = u.another(name)
	default:
		if len(present) > 0 {
			name := present[u.IntN(len(present))]
			u.child(object, name, property(s, name))
		}
	}
	return object
}

func property(s *structuralschema.Structural, name string) *structuralschema.Structural {
	if s == nil {
		return nil
	}
	if p, ok := s.Properties[name]; ok {
		return &p
	}
	return nil
}

func (u *mutator) changeList(list []any, name string, s *structuralschema.Structural) any {
	var items *structuralschema.Structural
	if s != nil {
		items = s.Items
	}
	switch u.IntN(8) {
	case 0:
		return append(list, u.another(name+"[]"))
	case 1:
		if len(list) > 0 {
			return append(list, runtime.DeepCopyJSONValue(list[u.IntN(len(list))]))
		}
	case 2:
		for len(list) > 0 && len(list) < 22 {
			list = append(list, runtime.DeepCopyJSONValue(list[u.IntN(len(list))]))
		}
	case 3:
		return append(list, u.anything())
	case 4:
		return []any{}
	default:
		if len(list) > 0 {
			i := u.IntN(len(list))
			u.done = append(u.done, fmt.Sprint(i))
			list[i] = u.change(list[i], name+"[]", items)
		}
	}
	return list
}

// another returns a value that good manifests have in such a field, or any.
func (u *mutator) another(name string) any {
	if known := u.values[name]; len(known) > 0 && u.IntN(5) > 0 {
		return runtime.DeepCopyJSONValue(known[u.IntN(len(known))])
	}
	return u.anything()
}

func (u *mutator) scalar(value any, name string) any {
	text, ok := value.(string)
	u.done = append(u.done, fmt.Sprintf("not %v", value))
	switch u.IntN(10) {
	case 0, 1:
		return u.another(name)
	case 2:
		return u.anything()
	case 3:
		if ok {
			return strings.ToUpper(text)
		}
	case 4:
		if ok {
			return text + interesting[u.IntN(len(interesting))]
		}
	case 5:
		if ok {
			return interesting[u.IntN(len(interesting))] + text
		}
	case 6:
		if ok && text != "" {
			return strings.Repeat(text, 1+u.IntN(3000/len(text)+1))
		}
	case 7:
		if ok && text != "" {
			return text[:u.IntN(len(text))]
		}
	}
	return interesting[u.IntN(len(interesting))]
}

// interesting are texts that some rule refuses somewhere.
var interesting = []string{
	"", " ", "0", "1", "2", "00", "01", "-1", "+1", "1e3", ".5", "5.", "0.0", "0.0000001", "0.000001", "1234567890", "12345678901", "9999999999.999999",
	"1000", "1000.00001", "1001", "25%", "1,5", "NaN", "Infinity", "true", "null", "usd", "USD", "EURO", "Ü", "日本", "a b", "a\nb", "a\tb", "\x00", "\u2028",
	"http://x.example", "https://x.example/", "ftp://x.example/", "javascript:alert(1)", "https://", "https:// x", "//x.example/", "HTTPS://X.EXAMPLE/", "https://x.example:99999/",
	"https://user@x.example/", "{clickid}", "{click_id}", "<TRACKER>", "#reqid#", "{transaction_id}", "{tracker}", "{nonsense}", "{", "}", "{sub1}", "{sub11}", "https://{sub1}/",
	"Flat", "flat", "Percentage", "FlatAndPercentage", "Active", "Paused", "Deleted", "Pending", "Private", "Public", "Enabled", "Disabled", "Required", "Optional", "Click", "Conversion", "Server",
	"amount", "sub1", "sub10", "sub11", "country", "Equals", "In", "Between", "GreaterOrEqual", "Clicks", "Payout", "Day", "Lifetime", "Offer", "Partner",
	"2026-12-01T00:00:00Z", "2026-12-01", "2026-13-01T00:00:00Z", "2026-12-01T00:00:00.5Z", "2026-12-01T00:00:00+02:00", "2026-12-01t00:00:00z",
	"203.0.113.0/24", "203.0.113.1", "203.0.113.1/33", "::1", "fe80::1%eth0", "2001:db8::/32", "1.2.3", "go.example.net", "GO.example.net", "*.example.net", "go.example.net:8080", "localhost", "-bad-", "a..b",
	"Europe/Berlin", "UTC", "Local", "Mars/Olympus", "a/b", "UPPER", "under_score", "name", "gold", "best-blog", "summer-shoes",
}

func (u *mutator) odd() string {
	names := []string{"colour", "Title", "title", "name", "x", "", "a b", "type", "flat", "on", "status", "metadata", "spec"}
	return names[u.IntN(len(names))]
}

// anything returns a value of any type.
func (u *mutator) anything() any {
	values := []any{
		nil, true, false, int64(0), int64(1), int64(-1), int64(100), int64(1) << 40, 1.5, []any{}, map[string]any{}, []any{"a"}, []any{"a", "a"}, []any{nil}, []any{map[string]any{}},
		map[string]any{"name": "x"}, map[string]any{"flat": "1"}, map[string]any{"type": "Flat", "percent": "1"}, interesting[u.IntN(len(interesting))],
	}
	return values[u.IntN(len(values))]
}
