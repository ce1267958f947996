package main

import (
	"archive/tar"
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// writeDockerArchive writes one platform's image in the form of docker save, which docker
// load, podman load and ctr images import take.
func writeDockerArchive(path, reference string, image v1.Image) error {
	ref, err := name.ParseReference(reference, name.WithDefaultRegistry(""))
	if err != nil {
		return fmt.Errorf("--reference %s: %w", reference, err)
	}
	if err := tarball.WriteToFile(path, ref, image); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return nil
}

// writeLayout writes all platforms as an OCI image layout in a tar, with the names
// under which containerd and skopeo look for an image.
func writeLayout(path, reference string, index v1.ImageIndex, created time.Time) error {
	dir, err := os.MkdirTemp("", "layout-")
	if err != nil {
		return fmt.Errorf("making a scratch directory: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	ref, err := name.ParseReference(reference, name.WithDefaultRegistry(""))
	if err != nil {
		return fmt.Errorf("--reference %s: %w", reference, err)
	}
	named := mutate.AppendManifests(empty.Index, mutate.IndexAddendum{Add: index, Descriptor: v1.Descriptor{
		Annotations: map[string]string{
			"org.opencontainers.image.ref.name": ref.Identifier(),
			"io.containerd.image.name":          reference,
		},
	}})
	if _, err := layout.Write(dir, named); err != nil {
		return fmt.Errorf("writing the image layout: %w", err)
	}
	return packDirectory(path, dir, created)
}

// packDirectory writes a directory's files, in the order of their names.
func packDirectory(path, dir string, created time.Time) error {
	out, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("writing the image layout: %w", err)
	}
	w := tar.NewWriter(out)
	err = filepath.WalkDir(dir, func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		inside, err := filepath.Rel(dir, file)
		if err != nil {
			return err
		}
		data, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		return writeEntry(w, &tar.Header{Typeflag: tar.TypeReg, Name: filepath.ToSlash(inside), Mode: 0o644, Size: int64(len(data)), ModTime: created}, data)
	})
	if err == nil {
		err = w.Close()
	}
	if closing := out.Close(); err == nil {
		err = closing
	}
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return nil
}

// push sends the index and all it refers to to a registry.
func push(ctx context.Context, reference string, index v1.ImageIndex) error {
	ref, err := name.ParseReference(reference)
	if err != nil {
		return fmt.Errorf("--push %s: %w", reference, err)
	}
	if err := remote.WriteIndex(ref, index, remote.WithContext(ctx), remote.WithAuthFromKeychain(authn.DefaultKeychain)); err != nil {
		return fmt.Errorf("pushing %s: %w", reference, err)
	}
	return nil
}
