package offline

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/waypost/waypost/api/v1alpha1"
	"github.com/waypost/waypost/controllers/kinds"
)

// objectKey names an object among all files.
type objectKey struct{ kind, namespace, name string }

// object is one accepted object of a file.
type object struct {
	manifest *manifest
	// typed is set for custom resources: the form after admission.
	typed v1alpha1.Object
	// secret is set for Secrets.
	secret map[string][]byte
}

// file is the last good form of a manifest file, and what is wrong with its present one.
type file struct {
	stamp   stamp
	digest  [sha256.Size]byte
	objects map[objectKey]*object
	// order is that in which the objects stand in the file.
	order    []objectKey
	findings []Finding
	// good is true once a form of the file has been taken. Before that its objects are
	// unknown.
	good bool
	// place is the file's among all, which decides whose form of an object counts.
	place int
	// taken is true while objects and order are newer than what declarations followed.
	taken bool
}

// stamp is how a file looked when it was read. An equal one means equal content
// only if the file was old by then: one that is written twice within the clock's
// resolution looks the same both times.
type stamp struct {
	size    int64
	changed time.Time
	settled bool
}

// settling is how old a file must be for its stamp to be trusted: longer than the
// resolution of any file system's clock.
const settling = 2 * time.Second

// stampOf is how a file looks at now.
func stampOf(info fs.FileInfo, now time.Time) stamp {
	return stamp{info.Size(), info.ModTime(), now.Sub(info.ModTime()) > settling}
}

// same reports whether a file that looks like next has not been written since s.
func (s stamp) same(next stamp) bool {
	return s.settled && s.size == next.size && s.changed.Equal(next.changed)
}

// changed reports whether the file may be another one than when it was read.
func (f *file) changed(path string, now time.Time) bool {
	info, err := os.Stat(path)
	return err != nil || f.objects == nil || !f.stamp.same(stampOf(info, now))
}

// reload reads a file again. A present form with any object that cannot be read or that
// admission would refuse is rejected whole: the objects stay those of the last good
// form. With parts the good objects of a bad file are taken, as an API server does. The
// only error is that the file is gone; any other failure to read becomes a finding. An
// unreadable file loses its stamp and digest, so the next load reads it again.
func (f *file) reload(ctx context.Context, a *admission, path string, parts bool, now time.Time, before formerly) error {
	info, err := os.Stat(path)
	var data []byte
	if err == nil {
		data, err = readFile(path, info)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if f.objects == nil {
		f.objects = map[objectKey]*object{}
	}
	if err != nil {
		f.stamp, f.digest = stamp{}, [sha256.Size]byte{}
		f.findings = []Finding{{File: path, Severity: Error, Reason: ReasonUnreadable, Message: err.Error()}}
		return nil
	}
	f.stamp = stampOf(info, now)
	if digest := sha256.Sum256(data); digest != f.digest {
		f.digest = digest
		f.read(ctx, a, path, data, parts, before)
	}
	return nil
}

// read takes the present form of the file if all of it is good, or what is good of
// it. A file that has become empty is one that is being written: most editors and
// copies truncate first, and a disk may be full after that.
func (f *file) read(ctx context.Context, a *admission, path string, data []byte, parts bool, before formerly) {
	if len(f.objects) > 0 && len(bytes.TrimSpace(data)) == 0 {
		f.findings = []Finding{{File: path, Severity: Error, Reason: ReasonUnreadable,
			Message: "the file is empty: what it last held stays; remove the file to remove its objects"}}
		return
	}
	next := &file{objects: map[objectKey]*object{}}
	manifests, findings := parse(path, data)
	a.pause()
	next.findings = findings
	for _, m := range manifests {
		next.take(ctx, a, m, before)
	}
	f.findings = next.findings
	if parts || !Errors(next.findings) {
		f.objects, f.order, f.good, f.taken = next.objects, next.order, true, true
	}
}

// take admits one object into the file. Its content is dropped afterwards: the typed
// form is enough, and a directory may hold 100,000 objects. The former form is made
// from the typed one when an edit needs it (Directory.contentOf).
func (f *file) take(ctx context.Context, a *admission, m *manifest, before formerly) {
	o := &object{manifest: m}
	var findings []Finding
	key := objectKey{m.kind, m.namespace, m.name}
	switch {
	case m.apiVersion == "" || m.kind == "":
		findings = []Finding{m.finding(ReasonUnreadable, "", "a manifest has apiVersion and kind")}
	case m.kind == "Secret" && m.apiVersion == "v1":
		o.secret, findings = admitSecret(ctx, m)
	case isWaypost(m):
		o.typed, findings = admitOver(ctx, a, m, before, key)
	default:
		return // other programs' objects may stand beside Waypost's
	}
	if f.objects[key] != nil && len(findings) == 0 {
		findings = []Finding{m.finding(ReasonDuplicate, "metadata.name", "the file declares this object twice: take one out")}
	}
	f.findings = append(f.findings, findings...)
	if len(findings) == 0 {
		m.content = nil // there are many objects
		f.objects[key] = o
		f.order = append(f.order, key)
	}
}

// formerly returns the content that an object has been admitted with, nil for none.
type formerly func(objectKey) (map[string]any, error)

// admitOver admits a custom resource in the place of its former self.
func admitOver(ctx context.Context, a *admission, m *manifest, before formerly, key objectKey) (v1alpha1.Object, []Finding) {
	old, err := before(key)
	if err != nil {
		return nil, []Finding{m.finding(ReasonRefused, "", err.Error())}
	}
	a.pause()
	object, _, findings := a.admit(ctx, m, old)
	return object, findings
}

// isWaypost reports whether a manifest is of Waypost's group, in whatever version, or was
// meant to be: one of its kinds in no group, or in one with its name. An API server has
// no such kinds. Passed over, they would be missed only when nothing is served.
func isWaypost(m *manifest) bool {
	group, _, grouped := strings.Cut(m.apiVersion, "/")
	if group == v1alpha1.GroupName {
		return true
	}
	ours, _, _ := strings.Cut(v1alpha1.GroupName, ".")
	return kinds.Named(m.kind) != nil && (!grouped || strings.Contains(strings.ToLower(group), ours))
}
