package offline

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	goruntime "runtime"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/controllers/compile"
)

// Directory is the objects of manifest files, compiled. Load follows the files;
// between two loads it keeps the last good form of each. It belongs to one goroutine.
type Directory struct {
	dirs      []string
	parts     bool
	admission *admission
	world     *compile.World
	files     map[string]*file
	// applied are the objects that the world has, and what it has of each.
	applied map[objectKey]*object
	// generations count the accepted forms of an object, as the API server would.
	generations map[objectKey]int64
	// troubled are the verdicts that say that something is wrong.
	troubled map[objectKey]compile.Verdict
}

// NewDirectory returns the manifests below dirs; Load reads them. It fails only if
// the embedded definitions do not compile.
func NewDirectory(options compile.Options, dirs ...string) (*Directory, error) {
	a, err := newAdmission()
	if err != nil {
		return nil, err
	}
	return newDirectory(a, options, dirs...), nil
}

func newDirectory(a *admission, options compile.Options, dirs ...string) *Directory {
	return &Directory{
		dirs: dirs, admission: a, world: compile.NewWorld(options),
		files: map[string]*file{}, applied: map[objectKey]*object{},
		generations: map[objectKey]int64{}, troubled: map[objectKey]compile.Verdict{},
	}
}

// TakeParts makes Load take the good objects of a file that has bad ones, as an API
// server does when the file is applied: for checks. Without it a file is taken whole
// or not at all, so that half an edit is never served.
func (d *Directory) TakeParts() { d.parts = true }

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
	paths, err = d.reload(ctx, paths, now)
	if err != nil {
		return nil, nil, err
	}
	findings := d.apply(paths)
	d.world.SetPartial(d.partial())
	d.judge(d.world.Compile(now).Verdicts)
	findings = append(findings, d.verdicts()...)
	findings = append(findings, d.warnings()...)
	slices.SortStableFunc(findings, compareFindings)
	return d.records(), findings, nil
}

// reload reads the files, several at a time, and returns those that are there.
func (d *Directory) reload(ctx context.Context, paths []string, now time.Time) ([]string, error) {
	files, gone := make([]*file, len(paths)), make([]bool, len(paths))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(goruntime.GOMAXPROCS(0))
	for i, path := range paths {
		if files[i] = d.files[path]; files[i] == nil {
			files[i] = &file{}
		}
		group.Go(func() error {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			err := files[i].reload(ctx, d.admission, path, d.parts, now, d.contentOf)
			if gone[i] = errors.Is(err, fs.ErrNotExist); gone[i] {
				return nil // gone between the listing and now
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	d.files = map[string]*file{}
	var present []string
	for i, path := range paths {
		if !gone[i] {
			d.files[path] = files[i]
			present = append(present, path)
		}
	}
	return present, nil
}

// partial reports whether a file has not been good since the start: its objects may
// be among those that were served before, and must not be taken for deleted.
func (d *Directory) partial() bool {
	for _, f := range d.files {
		if !f.good {
			return true
		}
	}
	return false
}

// contentOf is the admitted form of an object that is being replaced, nil for none:
// immutable fields are held against it. It is made when it is needed, because edits
// are few and objects are many.
func (d *Directory) contentOf(key objectKey) (map[string]any, error) {
	o := d.applied[key]
	if o == nil || o.typed == nil {
		return nil, nil
	}
	content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(o.typed)
	if err != nil {
		return nil, fmt.Errorf("reading the form that is replaced: %w", err)
	}
	return content, nil
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
	for key := range maps.Clone(d.applied) {
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
	delete(d.troubled, key)
	if o.typed == nil {
		d.world.DeleteSecret(key.namespace, key.name)
		return
	}
	d.world.Delete(kinds[key.kind].record, key.namespace, key.name)
}

func (d *Directory) records() []*snapshot.Record {
	var records []*snapshot.Record
	for _, network := range d.world.Networks() {
		records = append(records, d.world.Records(network)...)
	}
	return records
}

// judge takes the verdicts that have changed.
func (d *Directory) judge(verdicts []compile.Verdict) {
	for _, v := range verdicts {
		key := objectKey{v.Kind.String(), v.Network, v.Name}
		delete(d.troubled, key)
		if !v.Accepted.OK() || !v.ResolvedRefs.OK() {
			d.troubled[key] = v
		}
	}
}

// verdicts are what the operator would refuse in status.
func (d *Directory) verdicts() []Finding {
	var findings []Finding
	for key, v := range d.troubled {
		findings = append(findings, verdictFindings(d.applied[key].manifest, v)...)
	}
	return findings
}
