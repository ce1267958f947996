package world

import (
	"strings"
	"testing"
	"time"

	"github.com/waypost/waypost/api/seal"
	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/controllers/compile"
	"github.com/waypost/waypost/controllers/offline"
	"github.com/waypost/waypost/tracker/live"
)

// The manifests are good, an edit changes one record, and every path names an
// offer and a partner.
func TestManifests(t *testing.T) {
	const offers = 250
	dir := t.TempDir()
	if err := Manifests(dir, offers); err != nil {
		t.Fatal(err)
	}
	keys, err := seal.New(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	directory, err := offline.NewDirectory(compile.Options{Keys: keys}, dir)
	if err != nil {
		t.Fatal(err)
	}
	load := func() []*snapshot.Record {
		records, findings, err := directory.Load(t.Context(), time.Now())
		if err != nil || len(findings) > 0 {
			t.Fatalf("%v, %v", findings, err)
		}
		return records
	}
	before := load()
	if want := 2 + Partners + offers; len(before) != want {
		t.Fatalf("%d records, want %d", len(before), want)
	}
	visit(t, before, Paths("/click", offers, 1000))
	if err := Edit(dir, 7); err != nil {
		t.Fatal(err)
	}
	changed := 0
	for i, r := range load() {
		if r != before[i] {
			changed++
		}
	}
	if changed != 1 {
		t.Errorf("an edit changed %d records", changed)
	}
}

func TestRecords(t *testing.T) {
	records := Records(1000, 3, 15)
	goals, overrides := 0, 0
	for _, r := range records {
		if r.Goal != nil {
			goals++
		}
		if r.PartnerPayout != nil {
			overrides += len(r.PartnerPayout.Overrides)
		}
	}
	if goals != 3000 || overrides != 15_000 {
		t.Errorf("%d goals, %d overrides", goals, overrides)
	}
	visit(t, records, nil)
}

func visit(t *testing.T, records []*snapshot.Record, paths []string) {
	t.Helper()
	index, err := live.Build(1, records)
	if err != nil {
		t.Fatal(err)
	}
	network := index.NetworkByName(records[0].Network)
	for _, path := range paths {
		var query = map[string]string{}
		for pair := range strings.SplitSeq(path[strings.IndexByte(path, '?')+1:], "&") {
			name, value, _ := strings.Cut(pair, "=")
			query[name] = value
		}
		if network.Offer(query["offer"]) == nil || network.Partner(query["partner"]) == nil {
			t.Fatalf("%s leads nowhere", path)
		}
	}
}

func TestCopy(t *testing.T) {
	dir := t.TempDir()
	records := Records(100, 3, 15)
	if err := Copy(t.Context(), records, dir+"/copy", dir+"/trust.pem"); err != nil {
		t.Fatal(err)
	}
	read, err := live.NewDisk(dir+"/copy", live.TrustFile(dir+"/trust.pem")).Records(t.Context())
	if err != nil || len(read) != len(records) {
		t.Errorf("%d of %d records, %v", len(read), len(records), err)
	}
}
