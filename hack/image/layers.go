package main

import (
	"archive/tar"
	"bytes"
	"fmt"
	"io"
	"os"
	"path"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// uid is the user that the program runs as; nothing in the image belongs to it.
const uid = "65532"

// The names of the two users, for what looks a number up. 65532 is nonroot in the
// distroless images, too, so volumes are owned alike.
const (
	passwd = "root:x:0:0:root:/:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/:/sbin/nologin\n"
	group  = "root:x:0:\nnonroot:x:65532:\n"
)

// file is one of a layer. Directories above it are made.
type file struct {
	path string
	mode int64
	data []byte
}

// baseLayer holds the files that a static program needs.
func baseLayer(roots []byte, created time.Time) (v1.Layer, error) {
	return layerOf(created,
		file{"etc/group", 0o644, []byte(group)},
		file{"etc/passwd", 0o644, []byte(passwd)},
		file{"etc/ssl/certs/ca-certificates.crt", 0o644, roots},
	)
}

// binaryLayer has the program alone, at /NAME.
func binaryLayer(name, binary string, created time.Time) (v1.Layer, error) {
	data, err := os.ReadFile(binary)
	if err != nil {
		return nil, fmt.Errorf("reading the program: %w", err)
	}
	return layerOf(created, file{name, 0o755, data})
}

// layerOf packs files, given in the order of their paths, as root's. The tar is kept in
// memory, because the library opens a layer more than once.
func layerOf(created time.Time, files ...file) (v1.Layer, error) {
	var packed bytes.Buffer
	w := tar.NewWriter(&packed)
	made := map[string]bool{}
	for _, f := range files {
		if err := writeDirectories(w, path.Dir(f.path), created, made); err != nil {
			return nil, err
		}
		header := &tar.Header{Typeflag: tar.TypeReg, Name: f.path, Mode: f.mode, Size: int64(len(f.data)), ModTime: created, Format: tar.FormatPAX}
		if err := writeEntry(w, header, f.data); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("packing a layer: %w", err)
	}
	return tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(packed.Bytes())), nil })
}

// writeDirectories writes the directories above a file, the topmost first, each once.
func writeDirectories(w *tar.Writer, dir string, created time.Time, made map[string]bool) error {
	if dir == "." || made[dir] {
		return nil
	}
	if err := writeDirectories(w, path.Dir(dir), created, made); err != nil {
		return err
	}
	made[dir] = true
	return writeEntry(w, &tar.Header{Typeflag: tar.TypeDir, Name: dir + "/", Mode: 0o755, ModTime: created, Format: tar.FormatPAX}, nil)
}

// writeEntry writes one file or directory.
func writeEntry(w *tar.Writer, header *tar.Header, data []byte) error {
	if err := w.WriteHeader(header); err != nil {
		return fmt.Errorf("packing %s: %w", header.Name, err)
	}
	if _, err := w.Write(data); err != nil {
		return fmt.Errorf("packing %s: %w", header.Name, err)
	}
	return nil
}
