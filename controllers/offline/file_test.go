package offline

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/waypost/waypost/controllers/compile"
)

// at sets when a file says that it was written.
func (d *directory) at(name string, changed time.Time) {
	d.t.Helper()
	if err := os.Chtimes(filepath.Join(d.path, name), changed, changed); err != nil {
		d.t.Fatal(err)
	}
}

// TestOldFilesAreNotReadAgain: a file that has not been written since it was read
// is known by its stamp, but a young one is read however it looks, because it may
// have been written twice within the clock's resolution.
func TestOldFilesAreNotReadAgain(t *testing.T) {
	for _, tc := range []struct {
		name string
		age  time.Duration
		want string
	}{{"old", time.Hour, "Acme"}, {"young", time.Second, "Acne"}, {"from the future", -time.Hour, "Acne"}} {
		t.Run(tc.name, func(t *testing.T) {
			d := newTestDirectory(t)
			d.write("a.yaml", advertiser)
			d.at("a.yaml", now.Add(-tc.age))
			d.load()
			d.write("a.yaml", strings.Replace(advertiser, "Acme", "Acne", 1))
			d.at("a.yaml", now.Add(-tc.age)) // looks as before
			records, _ := d.load()
			for _, r := range records {
				if r.Advertiser != nil && r.Advertiser.Title != tc.want {
					t.Errorf("title %q, want %q", r.Advertiser.Title, tc.want)
				}
			}
		})
	}
}

func TestUnreadableFileKeepsItsLastGoodForm(t *testing.T) {
	d := newTestDirectory(t)
	d.write("a.yaml", advertiser)
	if records, said := d.load(); len(records) != 2 || len(said) > 0 {
		t.Fatal(records, said)
	}
	path := filepath.Join(d.path, "a.yaml")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(d.path, "elsewhere"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("elsewhere", path); err != nil { // a directory cannot be read as a file
		t.Fatal(err)
	}
	records, said := d.load()
	if len(records) != 2 || len(said) != 1 || !strings.Contains(said[0], ReasonUnreadable) {
		t.Errorf("%d records, findings %q", len(records), said)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	d.write("a.yaml", advertiser)
	if records, said := d.load(); len(records) != 2 || len(said) > 0 {
		t.Errorf("after it came back: %d records, findings %q", len(records), said)
	}
}

// TestBrokenFileSurvivesARestart: the last good form of a file that is broken at
// the start is what was served before it.
// TestPipeIsNotWaitedFor: it would keep every other file from being read.
func TestPipeIsNotWaitedFor(t *testing.T) {
	d := newTestDirectory(t)
	d.write("a.yaml", advertiser)
	if err := syscall.Mkfifo(filepath.Join(d.path, "pipe.yaml"), 0o600); err != nil {
		t.Fatal(err)
	}
	records, said := d.load()
	if len(records) != 2 || len(said) != 1 || !strings.Contains(said[0], "pipe.yaml: error: is no regular file") {
		t.Errorf("%d records, said %q", len(records), said)
	}
}

func TestFileThatBecomesEmptyKeepsItsObjects(t *testing.T) {
	d := newTestDirectory(t)
	d.write("acme.yaml", advertiser)
	d.write("shoes.yaml", offer)
	d.write("never.yaml", "")
	if _, said := d.load(); len(said) > 0 {
		t.Fatalf("a file that never held anything: %q", said)
	}
	const message = "shoes.yaml: error: the file is empty: what it last held stays; remove the file to remove its objects (Unreadable)"
	for _, content := range []string{"", " \n\t\n"} {
		d.write("shoes.yaml", content) // as an editor does before it writes
		records, said := d.load()
		if o := records[offerKey("default")]; o == nil || o.Tombstone() || len(said) != 1 || said[0] != message {
			t.Errorf("holding %q: %+v, findings %q", content, o, said)
		}
	}
	d.write("shoes.yaml", offer)
	if _, said := d.load(); len(said) > 0 {
		t.Errorf("when it is written: %q", said)
	}
	d.write("shoes.yaml", "# taken out on purpose\n")
	if records, said := d.load(); len(said) > 0 || !records[offerKey("default")].Tombstone() {
		t.Errorf("holding a comment: %+v, findings %q", records[offerKey("default")], said)
	}
}

func TestBrokenFileSurvivesARestart(t *testing.T) {
	d := newTestDirectory(t)
	d.write("acme.yaml", advertiser)
	d.write("shoes.yaml", offer)
	before, _, err := d.Load(t.Context(), now)
	if err != nil {
		t.Fatal(err)
	}
	d.write("shoes.yaml", offer+"  colour: red\n")
	d.Directory = newDirectory(admissionOf(t), compile.Options{}, d.path)
	if err := d.Compiler().LoadPrevious(before); err != nil {
		t.Fatal(err)
	}
	records, said := d.load()
	if got := records[offerKey("default")]; len(said) != 1 || got == nil || got.Tombstone() {
		t.Errorf("after the restart: %+v, findings %q", got, said)
	}
	d.write("shoes.yaml", "# nothing any more\n")
	if records, _ = d.load(); !records[offerKey("default")].Tombstone() {
		t.Errorf("once the file is good: %+v", records[offerKey("default")])
	}
}

func TestObjectMovesBetweenFiles(t *testing.T) {
	d := newTestDirectory(t)
	d.write("acme.yaml", advertiser)
	d.write("one.yaml", offer)
	d.load()
	if err := os.Rename(filepath.Join(d.path, "one.yaml"), filepath.Join(d.path, "two.yaml")); err != nil {
		t.Fatal(err)
	}
	if records, said := d.load(); len(said) > 0 || records[offerKey("default")].Tombstone() {
		t.Errorf("after the move: %+v, findings %q", records[offerKey("default")], said)
	}
	d.write("two.yaml", strings.Replace(offer, `"1001"`, `"1002"`, 1))
	if _, said := d.load(); len(said) != 1 || !strings.Contains(said[0], "trackingID cannot be changed") {
		t.Errorf("a changed trackingID: %q", said)
	}
}

func TestNamesThatNobodyHasAreWarnedOf(t *testing.T) {
	d := newTestDirectory(t)
	d.write("a.yaml", strings.Replace(advertiser, "title: Acme", "title: Acme, blockedPartners: [blog, bolg]", 1))
	d.write("o.yaml", strings.Replace(offer, "  defaultGoal", `  approvedPartners: [blog]
  blockedPartners: [nobody]
  caps:
  - {name: c, metric: Clicks, window: Day, limit: "1",
     partners: [someone]}
  defaultGoal`, 1))
	d.write("p.yaml", `apiVersion: waypost.dev/v1alpha1
kind: Partner
metadata: {name: blog}
spec: {title: Blog, blockedOffers: [shoes, boots]}
---
apiVersion: waypost.dev/v1alpha1
kind: PayoutStructure
metadata: {name: s}
spec: {rules: [{name: r, partners: [blog, whoever]}]}
`)
	records, said := d.load()
	want := []string{
		`a.yaml:4: warning: Advertiser/acme: spec.blockedPartners[1]: no Partner is called "bolg"`,
		`o.yaml:10: warning: Offer/shoes: spec.blockedPartners[0]: no Partner is called "nobody"`,
		`o.yaml:13: warning: Offer/shoes: spec.caps[0].partners[0]: no Partner is called "someone"`,
		`p.yaml:4: warning: Partner/blog: spec.blockedOffers[1]: no Offer is called "boots"`,
		`p.yaml:9: warning: PayoutStructure/s: spec.rules[0].partners[1]: no Partner is called "whoever"`,
	}
	for i, w := range want {
		if i >= len(said) || !strings.HasPrefix(said[i], w) {
			t.Errorf("findings\n%s\nwant\n%s", strings.Join(said, "\n"), strings.Join(want, "\n"))
			break
		}
	}
	if len(said) != len(want) || len(records) != 5 {
		t.Errorf("%d findings, %d records", len(said), len(records))
	}
}

func TestSecretsMayBeElsewhere(t *testing.T) {
	d := newTestDirectory(t)
	d.Directory = newDirectory(admissionOf(t), compile.Options{AssumeSecrets: true}, d.path)
	d.write("a.yaml", strings.Replace(advertiser, "title: Acme", "title: Acme, postbackKeySecretRef: {name: s, key: k}", 1))
	if records, said := d.load(); len(said) > 0 || len(records) != 2 {
		t.Errorf("%d records, findings %q", len(records), said)
	}
}

func TestDirectoriesMayOverlap(t *testing.T) {
	d := newTestDirectory(t)
	d.write("a.yaml", advertiser)
	d.dirs = []string{d.path, d.path, filepath.Join(d.path, "a.yaml")}
	if records, said := d.load(); len(said) > 0 || len(records) != 2 {
		t.Errorf("%d records, findings %q", len(records), said)
	}
	d.dirs = []string{filepath.Join(d.path, "missing")}
	if _, _, err := d.Load(t.Context(), now); err == nil {
		t.Error("a directory that is not there is read")
	}
}

func TestConflictsGoBySmallerName(t *testing.T) {
	d := newTestDirectory(t)
	d.write("acme.yaml", advertiser)
	d.write("z.yaml", strings.Replace(offer, "name: shoes", "name: a-shoes", 1))
	d.write("a.yaml", offer)
	records, said := d.load()
	if got := records[offerKey("default")]; got == nil || got.Name != "a-shoes" {
		t.Errorf("the tracking id belongs to %+v", got)
	}
	if len(said) != 1 || !strings.HasPrefix(said[0], "a.yaml:5: error: Offer/shoes: spec.trackingID") {
		t.Errorf("findings %q", said)
	}
}
