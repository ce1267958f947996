package offline

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"time"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/controllers/compile"
)

// Directory is the objects of manifest files, compiled. Load follows the files;
// between two loads it keeps the last good form of each. It belongs to one goroutine.
type Directory struct {
	dirs      []string
	admission *admission
	world     *compile.World
	files     map[string]*file
	// applied are the objects that the world has, and what it has of each.
	applied map[objectKey]*object
	// generations count the accepted forms of an object, as the API server would.
	generations map[objectKey]int64
}

// NewDirectory returns the manifests below dirs; Load reads them. It fails only if
// the embedded definitions do not compile.
func NewDirectory(options compile.Options, dirs ...string) (*Directory, error) {
	a, err := newAdmission()
	if err != nil {
		return nil, err
	}
	return &Directory{
		dirs: dirs, admission: a, world: compile.NewWorld(options),
		files: map[string]*file{}, applied: map[objectKey]*object{}, generations: map[objectKey]int64{},
	}, nil
}

// World is what the objects are compiled in, for verdicts and for keys that change.
func (d *Directory) World() *compile.World { return d.world }

// Load reads what has changed and compiles it as of now. It returns all records
// and everything that is wrong, in the order of the files. The error says that the
// directory itself cannot be read; then nothing has changed.
func (d *Directory) Load(ctx context.Context, now time.Time) ([]*snapshot.Record, []Finding, error) {
	paths, err := listFiles(d.dirs)
	if err != nil {
		return nil, nil, err
	}
	paths, err = d.reload(ctx, paths)
	if err != nil {
		return nil, nil, err
	}
	findings := d.apply(paths)
	d.world.Compile(now)
	findings = append(findings, d.verdicts()...)
	return d.records(), findings, nil
}

// reload reads the files and returns those that are there.
func (d *Directory) reload(ctx context.Context, paths []string) ([]string, error) {
	present := map[string]*file{}
	var kept []string
	for _, path := range paths {
		f := d.files[path]
		if f == nil {
			f = &file{}
		}
		err := f.reload(ctx, d.admission, path, d.contentOf)
		if errors.Is(err, fs.ErrNotExist) {
			continue // gone between the listing and now
		}
		if err != nil {
			return nil, err
		}
		present[path] = f
		kept = append(kept, path)
	}
	d.files = present
	return kept, nil
}

// contentOf is the admitted form of an object that is being replaced: immutable
// fields are held against it.
func (d *Directory) contentOf(key objectKey) map[string]any {
	if o := d.applied[key]; o != nil {
		return o.content
	}
	return nil
}

// apply brings the world up to date with the files. An object that two files
// declare counts where it stands first.
func (d *Directory) apply(paths []string) []Finding {
	var findings []Finding
	wanted := map[objectKey]*object{}
	for _, path := range paths {
		f := d.files[path]
		findings = append(findings, f.findings...)
		for _, key := range f.order {
			if first := wanted[key]; first != nil {
				m := f.objects[key].manifest
				findings = append(findings, m.finding(ReasonDuplicate, "metadata.name", "declared in "+first.manifest.file+" already: take one out"))
				continue
			}
			wanted[key] = f.objects[key]
		}
	}
	for key := range d.applied {
		if wanted[key] == nil {
			d.remove(key)
		}
	}
	for key, o := range wanted {
		if d.applied[key] != o {
			findings = append(findings, d.put(key, o)...)
		}
	}
	return findings
}

func (d *Directory) put(key objectKey, o *object) []Finding {
	d.applied[key] = o
	if o.typed == nil {
		d.world.SetSecret(key.namespace, key.name, o.secret)
		return nil
	}
	d.generations[key]++
	o.typed.SetGeneration(d.generations[key])
	if err := d.world.Upsert(o.typed); err != nil {
		return []Finding{o.manifest.finding(ReasonRefused, "", err.Error())}
	}
	return nil
}

func (d *Directory) remove(key objectKey) {
	o := d.applied[key]
	delete(d.applied, key)
	if o.typed == nil {
		d.world.DeleteSecret(key.namespace, key.name)
		return
	}
	d.world.Delete(recordKinds[key.kind], key.namespace, key.name)
}

// recordKinds are the compiler's names of the kinds.
var recordKinds = map[string]snapshot.Kind{
	"Network": snapshot.KindNetwork, "Advertiser": snapshot.KindAdvertiser, "Partner": snapshot.KindPartner,
	"Offer": snapshot.KindOffer, "Goal": snapshot.KindGoal, "PartnerPayout": snapshot.KindPartnerPayout,
	"PayoutStructure": snapshot.KindPayoutStructure,
}

func (d *Directory) records() []*snapshot.Record {
	var records []*snapshot.Record
	for _, network := range d.world.Networks() {
		records = append(records, d.world.Records(network)...)
	}
	return records
}

// verdicts are what the operator would refuse in status, by file.
func (d *Directory) verdicts() []Finding {
	var findings []Finding
	for key, o := range d.applied {
		if o.typed == nil {
			continue
		}
		if v, ok := d.world.Verdict(recordKinds[key.kind], key.namespace, key.name); ok {
			findings = append(findings, verdictFindings(o.manifest, v)...)
		}
	}
	slices.SortStableFunc(findings, compareFindings)
	return findings
}
