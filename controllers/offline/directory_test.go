package offline

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/controllers/compile"
)

var now = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// directory is a Directory over files that the test writes.
type directory struct {
	*Directory
	t    *testing.T
	path string
}

func newTestDirectory(t *testing.T) *directory {
	t.Helper()
	path := t.TempDir()
	return &directory{
		t: t, path: path,
		Directory: newDirectory(admissionOf(t), compile.Options{}, path),
	}
}

func (d *directory) write(name, content string) {
	d.t.Helper()
	if err := os.WriteFile(filepath.Join(d.path, name), []byte(content), 0o600); err != nil {
		d.t.Fatal(err)
	}
}

// load returns the records and the findings, with paths relative to the directory.
func (d *directory) load() (map[snapshot.Key]*snapshot.Record, []string) {
	d.t.Helper()
	records, findings, err := d.Load(d.t.Context(), now)
	if err != nil {
		d.t.Fatal(err)
	}
	byKey := map[snapshot.Key]*snapshot.Record{}
	for _, r := range records {
		byKey[r.Key()] = r
	}
	var said []string
	for _, f := range findings {
		said = append(said, strings.TrimPrefix(f.String(), d.path+"/"))
	}
	return byKey, said
}

const (
	advertiser = "apiVersion: waypost.dev/v1alpha1\nkind: Advertiser\nmetadata: {name: acme}\nspec: {title: Acme}\n"
	offer      = `apiVersion: waypost.dev/v1alpha1
kind: Offer
metadata: {name: shoes}
spec:
  trackingID: "1001"
  title: Shoes
  advertiserRef: {name: acme}
  destinationURL: https://shop.example/?c={clickid}
  defaultGoal:
    payout: {flat: "1.00"}
`
)

func offerKey(network string) snapshot.Key {
	return snapshot.Key{Kind: snapshot.KindOffer, Network: network, ID: "1001"}
}

func TestDirectoryFollowsItsFiles(t *testing.T) {
	d := newTestDirectory(t)
	d.write("acme.yaml", advertiser)
	d.write("shoes.yaml", offer)
	records, said := d.load()
	if len(said) > 0 || records[offerKey("default")] == nil {
		t.Fatalf("offer is not there, or something is said: %q", said)
	}

	// A broken edit changes nothing and is named with file and line.
	d.write("shoes.yaml", strings.Replace(offer, `flat: "1.00"`, `flat: "-1"`, 1))
	records, said = d.load()
	if records[offerKey("default")] == nil {
		t.Error("a broken edit removes the offer")
	}
	const place = "shoes.yaml:10: error: Offer/shoes: spec.defaultGoal.payout.flat"
	if len(said) == 0 || slices.ContainsFunc(said, func(s string) bool { return !strings.HasPrefix(s, place) }) {
		t.Errorf("findings %q, want them at %s", said, place)
	}
	d.write("shoes.yaml", offer[:60]+"\n\t: {")
	if records, said = d.load(); records[offerKey("default")] == nil || len(said) != 1 || !strings.Contains(said[0], ReasonUnreadable) {
		t.Errorf("a file that cannot be read: offer %v, findings %q", records[offerKey("default")], said)
	}

	// A good edit counts, and is a new generation.
	d.write("shoes.yaml", strings.Replace(offer, `"1.00"`, `"2.00"`, 1))
	records, said = d.load()
	got := records[offerKey("default")]
	if len(said) > 0 || got.Offer.DefaultGoal.Payout.Flat.String() != "2.00" || got.Generation != 2 {
		t.Errorf("after the edit: %+v, findings %q", got, said)
	}

	// A file that is gone takes its objects along; a tombstone names what was there.
	if err := os.Remove(filepath.Join(d.path, "shoes.yaml")); err != nil {
		t.Fatal(err)
	}
	if records, said = d.load(); len(said) > 0 || records[offerKey("default")] == nil || !records[offerKey("default")].Tombstone() {
		t.Errorf("after removal: %+v, findings %q", records[offerKey("default")], said)
	}
}

func TestDirectoryFindings(t *testing.T) {
	for _, tc := range []struct {
		name  string
		files map[string]string
		want  []string // prefixes
	}{
		{"missing reference, at its line", map[string]string{"o.yaml": offer},
			[]string{"o.yaml:7: error: Offer/shoes: spec.advertiserRef"}},
		{"twice in two files", map[string]string{"a.yaml": advertiser, "b.yaml": advertiser},
			[]string{"b.yaml:3: error: Advertiser/acme: metadata.name: declared in "}},
		{"twice in one file", map[string]string{"a.yaml": advertiser + "---\n" + advertiser},
			[]string{"a.yaml:8: error: Advertiser/acme: metadata.name: the file declares this object twice"}},
		{"unknown field", map[string]string{"a.yaml": advertiser + "  colour: red\n"}, []string{"a.yaml:4: error: cannot be read"}},
		{"misspelt field", map[string]string{"a.yaml": strings.Replace(advertiser, "title: Acme", "title: Acme, stat: Paused", 1)},
			[]string{"a.yaml:4: error: Advertiser/acme: spec.stat: unknown field"}},
		{"key twice", map[string]string{"a.yaml": strings.Replace(advertiser, "title: Acme", "title: Acme, title: B", 1)},
			[]string{"a.yaml:"}},
		{"another version", map[string]string{"a.yaml": strings.Replace(advertiser, "v1alpha1", "v2", 1)},
			[]string{"a.yaml:2: error: Advertiser/acme: kind"}},
		{"no group", map[string]string{"a.yaml": strings.Replace(advertiser, "waypost.dev/v1alpha1", "v1alpha1", 1)},
			[]string{"a.yaml:2: error: Advertiser/acme: kind: v1alpha1 Advertiser is no kind of Waypost"}},
		{"a group that nearly has our name", map[string]string{"a.yaml": strings.Replace(advertiser, "waypost.dev", "Waypost.io", 1)},
			[]string{"a.yaml:2: error: Advertiser/acme: kind: Waypost.io/v1alpha1 Advertiser is no kind of Waypost"}},
		{"others' kinds with the name of ours", map[string]string{"n.yaml": "apiVersion: ec2.example/v1\nkind: Network\nmetadata: {name: x}\nspec: {}\n"}, nil},
		{"no name", map[string]string{"a.yaml": strings.Replace(advertiser, "{name: acme}", "{}", 1)},
			[]string{"a.yaml:3: error: Advertiser/: metadata.name"}},
		{"others' objects and kustomizations", map[string]string{
			"kustomization.yaml": "resources: [x]\n", "c.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n", "n.txt": "no",
		}, nil},
		{"no manifest", map[string]string{"a.yaml": "- 1\n- 2\n"}, []string{"a.yaml:1: error: cannot be read: a manifest is an object"}},
		{"a List", map[string]string{"a.json": `{"apiVersion":"v1","kind":"List","items":[` +
			`{"apiVersion":"waypost.dev/v1alpha1","kind":"Advertiser","metadata":{"name":"x","namespace":"other"},"spec":{}}]}`},
			[]string{"a.json:1: error: other/Advertiser/x: spec.title"}},
		{"a bad Secret", map[string]string{"s.yaml": "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata: {key: \"*\"}\n"},
			[]string{"s.yaml:4: error: Secret/s: data.key: must be base64"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d := newTestDirectory(t)
			for name, content := range tc.files {
				d.write(name, content)
			}
			_, said := d.load()
			if !slices.EqualFunc(said, tc.want, strings.HasPrefix) {
				t.Errorf("findings\n%s\nwant\n%s", strings.Join(said, "\n"), strings.Join(tc.want, "\n"))
			}
		})
	}
}

func TestDirectoryTakesPartsWhenAsked(t *testing.T) {
	for parts, want := range map[bool]int{false: 0, true: 1} {
		d := newTestDirectory(t)
		if parts {
			d.TakeParts()
		}
		d.write("a.yaml", advertiser+"---\n"+strings.Replace(advertiser, "{name: acme}", "{}", 1))
		records, said := d.load()
		got := 0
		for key := range records {
			if key.Kind == snapshot.KindAdvertiser {
				got++
			}
		}
		if got != want || len(said) != 1 {
			t.Errorf("parts %t: %d advertisers in %v and findings %q, want %d and one", parts, got, records, said, want)
		}
	}
}

func TestDirectorySecretsReachTheObjects(t *testing.T) {
	d := newTestDirectory(t)
	d.write("a.yaml", strings.Replace(advertiser, "title: Acme", "title: Acme, postbackKeySecretRef: {name: s, key: k}", 1))
	if _, said := d.load(); len(said) != 1 || !strings.Contains(said[0], "SecretNotFound") {
		t.Fatalf("without the Secret: %q", said)
	}
	d.write("s.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {k: sesame}\n")
	if _, said := d.load(); len(said) > 0 {
		t.Errorf("with the Secret: %q", said)
	}
}

func TestSamplesAreClean(t *testing.T) {
	d := newTestDirectory(t)
	d.dirs = []string{"../../config/samples"}
	records, said := d.load()
	if len(said) > 0 {
		t.Errorf("findings in the samples: %q", said)
	}
	counts := map[snapshot.Kind]int{}
	for key := range records {
		counts[key.Kind]++
	}
	if counts[snapshot.KindOffer] != 3 || counts[snapshot.KindPartner] != 3 || counts[snapshot.KindAdvertiser] != 2 || counts[snapshot.KindGoal] != 4 {
		t.Errorf("the samples hold %v", counts)
	}
}

// A load that follows one edit pauses at each file that it looks at, and between the
// steps of reading, checking and compiling the one that has changed.
func TestLoadPausesBetweenSteps(t *testing.T) {
	d := newTestDirectory(t)
	d.write("a.yaml", advertiser)
	d.write("o.yaml", offer)
	d.load()
	pauses := 0
	d.Between(func() { pauses++ })
	d.write("o.yaml", strings.Replace(offer, "title: ", "title: Another ", 1))
	if records, said := d.load(); len(said) > 0 || len(records) != 3 {
		t.Fatalf("%d records, %q", len(records), said)
	}
	const entries, files, read, checked, compiled = 3, 2, 2, 3, 4
	if want := entries + files + read + checked + compiled; pauses < want {
		t.Errorf("%d pauses, want %d", pauses, want)
	}
}
