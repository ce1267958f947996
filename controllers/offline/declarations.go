package offline

import (
	"cmp"
	"maps"
	"slices"
)

// declarations are which files declare which objects. They follow the files by what
// has changed in them, because edits are few and objects are many.
type declarations struct {
	// files are the files as they were followed last, by path.
	files map[string]declared
	// owners are the files that declare an object: nearly always one.
	owners map[objectKey][]*file
	// shared are the objects with several owners.
	shared map[objectKey]struct{}
}

// declared are the objects that a file declared when it was followed last.
type declared struct {
	file *file
	keys []objectKey
}

func newDeclarations() *declarations {
	return &declarations{files: map[string]declared{}, owners: map[objectKey][]*file{}, shared: map[objectKey]struct{}{}}
}

// follow takes the files as they are now. It returns the objects that may be other
// ones than before, be new or be gone.
func (d *declarations) follow(files map[string]*file) []objectKey {
	touched := map[objectKey]struct{}{}
	for path, was := range d.files {
		if f := files[path]; f != was.file || f.taken {
			d.leave(was, touched)
			delete(d.files, path)
		}
	}
	for path, f := range files {
		if _, known := d.files[path]; !known {
			d.enter(f, touched)
			d.files[path] = declared{f, f.order}
			f.taken = false
		}
	}
	return slices.Collect(maps.Keys(touched))
}

// leave takes a file out of the owners of what it declared, and notes these objects as
// touched.
func (d *declarations) leave(was declared, touched map[objectKey]struct{}) {
	for _, key := range was.keys {
		touched[key] = struct{}{}
		d.set(key, slices.DeleteFunc(d.owners[key], func(f *file) bool { return f == was.file }))
	}
}

// enter adds a file to the owners of what it declares now.
func (d *declarations) enter(f *file, touched map[objectKey]struct{}) {
	for _, key := range f.order {
		touched[key] = struct{}{}
		d.set(key, append(d.owners[key], f))
	}
}

// set keeps the owners of an object in the order of the files, so that the first one
// counts, and keeps shared in step.
func (d *declarations) set(key objectKey, owners []*file) {
	d.owners[key] = owners
	delete(d.shared, key)
	switch {
	case len(owners) == 0:
		delete(d.owners, key)
	case len(owners) > 1:
		slices.SortFunc(owners, func(a, b *file) int { return cmp.Compare(a.place, b.place) })
		d.shared[key] = struct{}{}
	}
}

// first is the object as the first file declares it, nil if none does.
func (d *declarations) first(key objectKey) *object {
	if owners := d.owners[key]; len(owners) > 0 {
		return owners[0].objects[key]
	}
	return nil
}

// repeated returns a finding for each declaration that does not count, because an
// earlier file has one.
func (d *declarations) repeated() []Finding {
	var findings []Finding
	for key := range d.shared {
		owners := d.owners[key]
		first := owners[0].objects[key].manifest.file
		for _, f := range owners[1:] {
			m := f.objects[key].manifest
			findings = append(findings, m.finding(ReasonDuplicate, "metadata.name", "declared in "+first+" already: take one out"))
		}
	}
	return findings
}
