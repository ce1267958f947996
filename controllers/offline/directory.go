package offline

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	goruntime "runtime"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/controllers/compile"
	"github.com/waypost/waypost/controllers/kinds"
)

// Directory is the objects of manifest files, compiled. Load follows the files;
// between two loads it keeps the last good form of each. It belongs to one goroutine.
type Directory struct {
	dirs      []string
	parts     bool
	admission *admission
	compiler  *compile.Compiler
	files     map[string]*file
	// declared holds which files declare which objects.
	declared *declarations
	// applied are the objects that the compiler has, and what it has of each.
	applied map[objectKey]*object
	// listing are the applied objects that have lists of names.
	listing map[objectKey]struct{}
	// generations count the accepted forms of an object, as the API server would.
	generations map[objectKey]int64
	// troubled are the verdicts with a problem.
	troubled map[objectKey]compile.Verdict
	// records are what the compiler has, in the order of keys; nil before the first Load.
	records []*snapshot.Record
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

// newDirectory returns the manifests below dirs with an admission that is compiled
// already; tests share one.
func newDirectory(a *admission, options compile.Options, dirs ...string) *Directory {
	return &Directory{
		dirs: dirs, admission: a, compiler: compile.New(options),
		files: map[string]*file{}, declared: newDeclarations(), applied: map[objectKey]*object{}, listing: map[objectKey]struct{}{},
		generations: map[objectKey]int64{}, troubled: map[objectKey]compile.Verdict{},
	}
}

// TakeParts makes Load take the good objects of a file that has bad ones, as an API
// server does when the file is applied: for checks. Without it a file is taken whole
// or not at all, so that half an edit is never served.
func (d *Directory) TakeParts() { d.parts = true }

// Between makes Load call pause between its steps, which may be from several
// goroutines at once. One object's steps take some tenths of a millisecond each.
func (d *Directory) Between(pause func()) {
	d.admission = &admission{kinds: d.admission.kinds, pause: pause}
}

func (d *Directory) pause() { d.admission.pause() }

// Compiler returns what the objects are compiled with, for keys that change.
func (d *Directory) Compiler() *compile.Compiler { return d.compiler }

// Load reads what has changed and compiles it as of now. It returns all records, in the
// order of their keys, and everything that is wrong, in the order of the files. Records
// that have not changed are the same pointers as last time. An error means that the
// directory itself cannot be read, or that ctx has ended; then nothing has changed.
//
// After the first time it costs what the changes cost, and a look at each file: a
// tracker that follows a directory serves visitors on the same core.
func (d *Directory) Load(ctx context.Context, now time.Time) ([]*snapshot.Record, []Finding, error) {
	paths, err := listFiles(d.dirs, d.pause)
	if err != nil {
		return nil, nil, err
	}
	if err = d.reload(ctx, paths, now); err != nil {
		return nil, nil, err
	}
	d.pause()
	findings := d.apply()
	d.pause()
	d.compiler.SetPartial(d.partial())
	delta := d.compiler.Compile(now)
	d.pause()
	d.judge(delta.Verdicts)
	findings = append(findings, d.verdicts()...)
	findings = append(findings, d.warnings()...)
	slices.SortStableFunc(findings, compareFindings)
	d.pause()
	d.follow(delta)
	return d.records, findings, nil
}

// reload reads the files that have changed, several at a time if there are several. A
// file that goes between the listing and the read counts as removed. d.files is
// replaced only at the end, so an error leaves the previous files in place. The place
// of a file is its index in the sorted listing; it decides which of two declarations
// counts.
func (d *Directory) reload(ctx context.Context, paths []string, now time.Time) error {
	files, gone := make([]*file, len(paths)), make([]bool, len(paths))
	var changed []int
	for i, path := range paths {
		if files[i] = d.files[path]; files[i] == nil {
			files[i] = &file{}
		}
		if files[i].changed(path, now) {
			changed = append(changed, i)
		}
		d.pause()
	}
	err := severally(ctx, changed, func(ctx context.Context, i int) error {
		err := files[i].reload(ctx, d.admission, paths[i], d.parts, now, d.contentOf)
		if gone[i] = errors.Is(err, fs.ErrNotExist); gone[i] {
			return nil // gone between the listing and now
		}
		return err
	})
	if err != nil {
		return err
	}
	d.files = map[string]*file{}
	for i, path := range paths {
		if files[i].place = i; !gone[i] {
			d.files[path] = files[i]
		}
	}
	return nil
}

// severally calls f for each of the numbers, for one of them without the threads that
// several are worth.
func severally(ctx context.Context, numbers []int, f func(context.Context, int) error) error {
	if len(numbers) == 1 {
		return f(ctx, numbers[0])
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(goruntime.GOMAXPROCS(0))
	for _, i := range numbers {
		group.Go(func() error {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return f(ctx, i)
		})
	}
	return group.Wait()
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

// apply brings the compiler up to date with the files. An object that two files
// declare counts where it stands first.
func (d *Directory) apply() []Finding {
	var findings []Finding
	for _, key := range d.declared.follow(d.files) {
		switch o := d.declared.first(key); {
		case o == nil:
			d.remove(key)
		case d.applied[key] != o:
			findings = append(findings, d.put(key, o)...)
		}
	}
	for _, f := range d.files {
		findings = append(findings, f.findings...)
	}
	return append(findings, d.declared.repeated()...)
}

// follow brings the records up to date with a compilation. The first one may have
// begun with records that were loaded.
func (d *Directory) follow(delta compile.Delta) {
	if d.records != nil {
		d.records = delta.Apply(d.records)
		return
	}
	d.records = []*snapshot.Record{}
	for _, network := range d.compiler.Networks() {
		d.records = append(d.records, d.compiler.Records(network)...)
	}
}

// put gives an object to the compiler and counts its generation, as the API server
// would: by one for each accepted form. Files hold no generations, and verdicts are
// compared by them.
func (d *Directory) put(key objectKey, o *object) []Finding {
	d.applied[key] = o
	delete(d.listing, key)
	if len(namesIn(o.typed)) > 0 {
		d.listing[key] = struct{}{}
	}
	if o.typed == nil {
		d.compiler.SetSecret(key.namespace, key.name, o.secret)
		return nil
	}
	d.generations[key]++
	o.typed.SetGeneration(d.generations[key])
	if err := d.compiler.Upsert(o.typed); err != nil {
		return []Finding{o.manifest.finding(ReasonRefused, "", err.Error())}
	}
	return nil
}

// remove takes an object that no file declares any more from the compiler.
func (d *Directory) remove(key objectKey) {
	o := d.applied[key]
	delete(d.applied, key)
	delete(d.listing, key)
	delete(d.troubled, key)
	if o.typed == nil {
		d.compiler.DeleteSecret(key.namespace, key.name)
		return
	}
	d.compiler.Delete(kinds.Named(key.kind).Record, key.namespace, key.name)
}

// judge takes the verdicts that have changed. Those with a problem are kept, because each
// load returns all findings, and the compiler returns what is new.
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
