package offline

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/waypost/waypost/api/v1alpha1"
	"github.com/waypost/waypost/controllers/compile"
)

// Files that come, go, change and declare each other's objects: a directory that has
// followed them holds and says what one that reads them for the first time does.
func TestDirectoryIsAsReadForTheFirstTime(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 5))
	d := newTestDirectory(t)
	for round := range 150 {
		for range 1 + random.IntN(2) {
			name := fmt.Sprintf("%c.yaml", 'a'+random.IntN(4))
			if random.IntN(4) == 0 {
				_ = os.Remove(filepath.Join(d.path, name))
				continue
			}
			d.write(name, randomAdvertisers(random))
		}
		_, said := d.load()
		fresh := &directory{t: t, path: d.path, Directory: newDirectory(d.admission, compile.Options{}, d.path)}
		_, freshSaid := fresh.load()
		if got, want := titles(d), titles(fresh); !maps.Equal(got, want) {
			t.Fatalf("round %d: holds %v, read for the first time %v", round, got, want)
		}
		if !slices.Equal(said, freshSaid) {
			t.Fatalf("round %d: findings\n%s\nread for the first time\n%s", round, strings.Join(said, "\n"), strings.Join(freshSaid, "\n"))
		}
	}
}

// randomAdvertisers is a file with some of three advertisers, now and then one with
// a name that nobody has.
func randomAdvertisers(random *rand.Rand) string {
	var docs []string
	for _, name := range []string{"red", "blue", "green"} {
		if random.IntN(2) == 0 {
			continue
		}
		doc := strings.ReplaceAll(advertiser, "acme", name)
		title := fmt.Sprint("Title ", random.IntN(3))
		if random.IntN(3) == 0 {
			title += ", blockedPartners: [nobody]"
		}
		doc = strings.ReplaceAll(doc, "Acme", title)
		docs = append(docs, doc)
	}
	if len(docs) == 0 {
		return "# none\n"
	}
	return strings.Join(docs, "---\n")
}

// titles are what the objects that count are called.
func titles(d *directory) map[string]string {
	titles := map[string]string{}
	for key, o := range d.applied {
		titles[key.name] = o.typed.(*v1alpha1.Advertiser).Spec.Title
	}
	return titles
}
