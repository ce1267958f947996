package compile

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"

	"bufio"

	"github.com/waypost/waypost/api/seal"
	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/api/v1alpha1"
)

var update = flag.Bool("update", false, "write the golden files anew")

// start is the time of the first step of every golden test.
var start = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// TestGolden compiles testdata/*.in.yaml and compares with *.out.yaml. Documents
// are objects and Secrets; {delete: Kind/namespace/name} takes one away;
// {compile: why, after: 24h} compiles, that much later than the step before;
// {restart: true} goes on in a new world with the published records.
func TestGolden(t *testing.T) {
	inputs, err := filepath.Glob("testdata/*.in.yaml")
	if err != nil || len(inputs) == 0 {
		t.Fatalf("no testdata: %v", err)
	}
	for _, in := range inputs {
		name := strings.TrimSuffix(filepath.Base(in), ".in.yaml")
		t.Run(name, func(t *testing.T) {
			data, err := os.ReadFile(in)
			if err != nil {
				t.Fatal(err)
			}
			got := runScript(t, data)
			out := strings.TrimSuffix(in, ".in.yaml") + ".out.yaml"
			if *update {
				if err := os.WriteFile(out, got, 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(out)
			if err != nil {
				t.Fatalf("%v; go test ./controllers/compile -update writes it", err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("%s differs; look at the change after go test ./controllers/compile -update\n%s", out, firstDifference(got, want))
			}
		})
	}
}

// script runs the documents of a golden test.
type script struct {
	t     *testing.T
	world *Compiler
	now   time.Time
	out   bytes.Buffer
}

// directive is a document that is no object.
type directive struct {
	metav1.TypeMeta `json:",inline"`
	Delete          string `json:"delete"`
	Compile         string `json:"compile"`
	After           string `json:"after"`
	Restart         bool   `json:"restart"`
}

var testOptions = Options{PublicURL: "http://localhost:8080/", Keys: testKeys(1)}

func runScript(t *testing.T, data []byte) []byte {
	s := &script{t: t, world: New(testOptions), now: start}
	reader := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(data)))
	for {
		document, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return s.out.Bytes()
		}
		if err != nil {
			t.Fatal(err)
		}
		s.run(document)
	}
}

func (s *script) run(document []byte) {
	var d directive
	if err := yaml.Unmarshal(document, &d); err != nil {
		s.t.Fatalf("%v in\n%s", err, document)
	}
	switch {
	case d.Delete != "":
		parts := strings.Split(d.Delete, "/")
		if parts[0] == "Secret" {
			s.world.DeleteSecret(parts[1], parts[2])
			return
		}
		s.world.Delete(kindNamed(parts[0]), parts[1], parts[2])
	case d.Compile != "":
		if d.After != "" {
			wait, err := time.ParseDuration(d.After)
			if err != nil {
				s.t.Fatal(err)
			}
			s.now = s.now.Add(wait)
		}
		s.compile(d.Compile)
	case d.Restart:
		s.restart()
	case d.Kind == "Secret":
		var secret corev1.Secret
		mustUnmarshal(s.t, document, &secret)
		data := map[string][]byte{}
		for key, value := range secret.StringData {
			data[key] = []byte(value)
		}
		s.world.SetSecret(namespaceOf(&secret), secret.Name, data)
	case d.Kind != "":
		s.upsert(decodeObject(s.t, d.Kind, document))
	}
}

func (s *script) upsert(object v1alpha1.Object) {
	if err := s.world.Upsert(object); err != nil {
		s.t.Fatal(err)
	}
}

func (s *script) compile(why string) {
	delta := s.world.Compile(s.now)
	if again := s.world.Compile(s.now); len(again.Upserted)+len(again.Removed)+len(again.Verdicts) > 0 {
		s.t.Errorf("%s: compiling again changes %+v", why, again)
	}
	step := map[string]any{"compile": why}
	for _, r := range delta.Upserted {
		step["records"] = appendAny(step["records"], plain(s.t, r))
	}
	for _, key := range delta.Removed {
		step["removed"] = appendAny(step["removed"], fmt.Sprintf("%s/%s/%s", key.Kind, key.Network, key.ID))
	}
	for _, v := range delta.Verdicts {
		step["verdicts"] = appendAny(step["verdicts"], shown(s.t, v))
	}
	text, err := yaml.Marshal(step)
	if err != nil {
		s.t.Fatal(err)
	}
	s.out.WriteString("---\n")
	s.out.Write(text)
}

// restart goes on with the objects and the published records in a new world.
func (s *script) restart() {
	old := s.world
	s.world = New(testOptions)
	for _, name := range old.Networks() {
		if err := s.world.LoadPrevious(old.Records(name)); err != nil {
			s.t.Fatal(err)
		}
	}
	for _, space := range old.namespaces {
		for name, data := range space.secrets {
			s.world.SetSecret(space.name, name, data)
		}
		for _, n := range space.graph.nodes {
			if n.object != nil {
				s.upsert(n.object)
			}
		}
	}
}

func appendAny(list, item any) any {
	if list == nil {
		return []any{item}
	}
	return append(list.([]any), item)
}

// plain turns a value into maps without what is zero, kinds as their names.
func plain(t *testing.T, value any) any {
	data, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	var v any
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	m, ok := pruned(v).(map[string]any)
	if !ok {
		return "nothing"
	}
	if kind, ok := m["Kind"].(int64); ok {
		m["Kind"] = snapshot.Kind(kind).String()
	}
	return m
}

// shown is a verdict as a golden file shows it: what is not as it should be, and
// what is served.
func shown(t *testing.T, v Verdict) any {
	m := map[string]any{"object": fmt.Sprintf("%s %s/%s", v.Kind, v.Network, v.Name)}
	for name, c := range map[string]Condition{"notAccepted": v.Accepted, "unresolved": v.ResolvedRefs} {
		if !c.OK() {
			m[name] = fmt.Sprintf("%s (%s): %s", c.Reason, c.Field, c.Message)
		}
	}
	for _, r := range v.RefusedEntries() {
		m["refused"] = appendAny(m["refused"], fmt.Sprintf("%s: %s: %s", r.Name, r.Reason, r.Message))
	}
	switch {
	case v.Current:
		m["served"] = fmt.Sprintf("generation %d", v.ServedGeneration)
	case v.Served:
		m["served"] = fmt.Sprintf("generation %d, the last good one, not %d", v.ServedGeneration, v.Generation)
	default:
		m["served"] = "no"
	}
	if v.Paused {
		m["paused"] = true
	}
	if v.OfferLinks != nil {
		m["links"] = plain(t, v.OfferLinks)
	}
	if v.GoalLinks != nil {
		m["links"] = plain(t, v.GoalLinks)
	}
	if v.Kind == snapshot.KindGoal {
		m["listed"] = fmt.Sprintf("advertiser %q, payout %q, revenue %q", v.Advertiser, v.Payout, v.Revenue)
	}
	return m
}

// pruned leaves out what is zero; nil if nothing is left.
func pruned(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for key, value := range v {
			if value = pruned(value); value == nil {
				delete(v, key)
			} else {
				v[key] = value
			}
		}
		if len(v) == 0 {
			return nil
		}
	case []any:
		for i := range v {
			v[i] = pruned(v[i])
		}
		if len(v) == 0 {
			return nil
		}
	case float64:
		if v == 0 {
			return nil
		}
		return int64(v)
	case string:
		if v == "" {
			return nil
		}
	case bool:
		if !v {
			return nil
		}
	}
	return v
}

func firstDifference(got, want []byte) string {
	g, w := strings.Split(string(got), "\n"), strings.Split(string(want), "\n")
	for i := range g {
		if i >= len(w) || g[i] != w[i] {
			return fmt.Sprintf("line %d:\n got %s\nwant %s", i+1, g[i], strings.Join(w[min(i, len(w)):min(i+1, len(w))], ""))
		}
	}
	return fmt.Sprintf("line %d: missing", len(g))
}

func kindNamed(name string) snapshot.Kind {
	for kind := snapshot.KindNetwork; kind <= snapshot.KindPayoutStructure; kind++ {
		if kind.String() == name {
			return kind
		}
	}
	return 0
}

// newObject returns an empty object of a kind.
func newObject(kind string) v1alpha1.Object {
	switch kindNamed(kind) {
	case snapshot.KindNetwork:
		return &v1alpha1.Network{}
	case snapshot.KindAdvertiser:
		return &v1alpha1.Advertiser{}
	case snapshot.KindPartner:
		return &v1alpha1.Partner{}
	case snapshot.KindOffer:
		return &v1alpha1.Offer{}
	case snapshot.KindGoal:
		return &v1alpha1.Goal{}
	case snapshot.KindPartnerPayout:
		return &v1alpha1.PartnerPayout{}
	case snapshot.KindPayoutStructure:
		return &v1alpha1.PayoutStructure{}
	}
	return nil
}

func decodeObject(t testing.TB, kind string, document []byte) v1alpha1.Object {
	object := newObject(kind)
	if object == nil {
		t.Fatalf("no kind %q", kind)
	}
	mustUnmarshal(t, document, object)
	if object.GetNamespace() == "" {
		object.SetNamespace("default")
	}
	return object
}

func mustUnmarshal(t testing.TB, document []byte, into any) {
	t.Helper()
	if err := yaml.UnmarshalStrict(document, into); err != nil {
		t.Fatalf("%v in\n%s", err, document)
	}
}

func namespaceOf(object metav1.Object) string {
	if object.GetNamespace() == "" {
		return "default"
	}
	return object.GetNamespace()
}

// testKeys returns a ring with fixed keys, the ids 1 to n.
func testKeys(n int) *seal.Keyring {
	keys := make([]string, n)
	for i := range keys {
		secret := bytes.Repeat([]byte{byte(i + 1)}, seal.SecretSize)
		encoded, _ := json.Marshal(secret)
		keys[i] = fmt.Sprintf(`{"id":%d,"notBefore":"2026-01-0%dT00:00:00Z","secret":%s}`, i+1, i+1, encoded)
	}
	ring, err := seal.Parse([]byte(`{"keys":[` + strings.Join(keys, ",") + `]}`))
	if err != nil {
		panic(err)
	}
	return ring
}
