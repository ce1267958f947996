package offline

import (
	"context"
	"crypto/sha256"
	"errors"
	"io/fs"

	"github.com/waypost/waypost/api/v1alpha1"
)

// objectKey names an object among all files.
type objectKey struct{ kind, namespace, name string }

// object is one accepted object of a file.
type object struct {
	manifest *manifest
	// typed is set for custom resources, content is its form after admission.
	typed   v1alpha1.Object
	content map[string]any
	// secret is set for Secrets.
	secret map[string][]byte
}

// file is the last good form of a manifest file, and what is wrong with its present one.
type file struct {
	digest   [sha256.Size]byte
	objects  map[objectKey]*object
	order    []objectKey
	findings []Finding
}

// reload reads a file again if it has changed. A present form with any object that
// cannot be read or that admission would refuse is rejected whole: the objects stay
// those of the last good form.
func (f *file) reload(ctx context.Context, a *admission, path string, before func(objectKey) map[string]any) error {
	data, err := readFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err != nil {
		f.findings = []Finding{{File: path, Severity: Error, Reason: ReasonUnreadable, Message: err.Error()}}
		return nil
	}
	digest := sha256.Sum256(data)
	if f.objects != nil && digest == f.digest {
		return nil
	}
	f.digest = digest
	next := &file{objects: map[objectKey]*object{}}
	manifests, findings := parse(path, data)
	next.findings = findings
	for _, m := range manifests {
		next.take(ctx, a, m, before)
	}
	f.findings = next.findings
	if Errors(next.findings) {
		if f.objects == nil {
			f.objects = map[objectKey]*object{}
		}
		return nil
	}
	f.objects, f.order = next.objects, next.order
	return nil
}

// take admits one object into the file.
func (f *file) take(ctx context.Context, a *admission, m *manifest, before func(objectKey) map[string]any) {
	o := &object{manifest: m}
	var findings []Finding
	key := objectKey{m.kind(), m.namespace(), m.name()}
	switch {
	case m.kind() == "Secret" && m.apiVersion() == "v1":
		o.secret, findings = secretData(m)
	case isWaypost(m):
		o.typed, o.content, findings = a.admit(ctx, m, before(key))
	case m.apiVersion() == "" || m.kind() == "":
		findings = []Finding{m.finding(ReasonUnreadable, "", "a manifest has apiVersion and kind")}
	default:
		return // other programs' objects may stand beside ours
	}
	if f.objects[key] != nil && len(findings) == 0 {
		findings = []Finding{m.finding(ReasonDuplicate, "metadata.name", "the file declares this object twice: take one out")}
	}
	f.findings = append(f.findings, findings...)
	if len(findings) == 0 {
		f.objects[key] = o
		f.order = append(f.order, key)
	}
}

// isWaypost reports whether a manifest is of our group, in whatever version.
func isWaypost(m *manifest) bool {
	version := m.apiVersion()
	return version == v1alpha1.GroupVersion.Group || len(version) > len(v1alpha1.GroupVersion.Group) &&
		version[:len(v1alpha1.GroupVersion.Group)+1] == v1alpha1.GroupVersion.Group+"/"
}
