package main

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"log"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	cdx "github.com/CycloneDX/cyclonedx-go"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/validate"
)

func testOptions(t *testing.T) options {
	t.Helper()
	return options{
		source: "testdata/hello", program: ".", name: "hello", version: "v1.2.3", stamp: "main.version",
		platforms: "linux/amd64,linux/arm64", certificates: debianCertificates, output: t.TempDir(), epoch: 1_700_000_000,
	}
}

func mustRun(t *testing.T, o options) {
	t.Helper()
	if err := run(t.Context(), o); err != nil {
		t.Fatal(err)
	}
}

// TestSameBytes: the same inputs make the same files, in every byte.
func TestSameBytes(t *testing.T) {
	first, second := testOptions(t), testOptions(t)
	mustRun(t, first)
	mustRun(t, second)
	files, err := os.ReadDir(first.output)
	if err != nil || len(files) != 5 {
		t.Fatalf("%d files (%v), want an index, two archives and two bills", len(files), err)
	}
	for _, f := range files {
		a, b := read(t, first.output, f.Name()), read(t, second.output, f.Name())
		if !bytes.Equal(a, b) {
			t.Errorf("%s differs between two builds", f.Name())
		}
	}
}

// TestImage: non-root, one program, trusted roots, nothing else.
func TestImage(t *testing.T) {
	o := testOptions(t)
	mustRun(t, o)
	for _, architecture := range []string{"amd64", "arm64"} {
		image, err := tarball.ImageFromPath(filepath.Join(o.output, "hello-v1.2.3-linux-"+architecture+".tar"), nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := validate.Image(image); err != nil {
			t.Error(err)
		}
		config, err := image.ConfigFile()
		if err != nil {
			t.Fatal(err)
		}
		if config.Architecture != architecture || config.Config.User != "65532:65532" || strings.Join(config.Config.Entrypoint, " ") != "/hello" {
			t.Errorf("configuration of %s: %+v", architecture, config)
		}
		checkFiles(t, image)
	}
}

func checkFiles(t *testing.T, image v1.Image) {
	t.Helper()
	files := filesOf(t, image)
	if !bytes.HasPrefix(files["hello"], []byte("\x7fELF")) || !bytes.Contains(files["hello"], []byte("v1.2.3")) {
		t.Error("/hello is not the stamped program")
	}
	if !x509.NewCertPool().AppendCertsFromPEM(files["etc/ssl/certs/ca-certificates.crt"]) {
		t.Error("no root certificate can be read")
	}
	if !strings.Contains(string(files["etc/passwd"]), "nonroot:x:65532:") {
		t.Error("the user has no name")
	}
	if len(files) != 4 {
		t.Errorf("%d files, want the program, the certificates and two of users", len(files))
	}
}

func filesOf(t *testing.T, image v1.Image) map[string][]byte {
	t.Helper()
	layers, err := image.Layers()
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for _, layer := range layers {
		content, err := layer.Uncompressed()
		if err != nil {
			t.Fatal(err)
		}
		for r := tar.NewReader(content); ; {
			header, err := r.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if header.Uid != 0 || header.Mode&0o7022 != 0 {
				t.Errorf("%s: uid %d, mode %o: only root may own and write", header.Name, header.Uid, header.Mode)
			}
			if header.Typeflag == tar.TypeReg {
				if files[header.Name], err = io.ReadAll(r); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	return files
}

// TestBill: the bill names the Go release, the certificates and every module.
func TestBill(t *testing.T) {
	o := testOptions(t)
	// This very program has dependencies; the one in testdata has none.
	o.source, o.program, o.name, o.stamp, o.platforms = ".", ".", "image", "", "linux/amd64"
	mustRun(t, o)
	var bill cdx.BOM
	data := read(t, o.output, "image-v1.2.3-linux-amd64.cdx.json")
	if err := cdx.NewBOMDecoder(bytes.NewReader(data), cdx.BOMFileFormatJSON).Decode(&bill); err != nil {
		t.Fatal(err)
	}
	names := map[string]string{}
	for _, c := range *bill.Components {
		names[c.Name] = c.Version
	}
	for _, want := range []string{"stdlib", "ca-certificates", "github.com/google/go-containerregistry"} {
		if names[want] == "" {
			t.Errorf("the bill has no version of %s", want)
		}
	}
}

// TestLayout: the index names both platforms, and the image as containerd looks for it.
func TestLayout(t *testing.T) {
	o := testOptions(t)
	o.reference = "registry.example/tools/hello:v1.2.3"
	mustRun(t, o)
	var index v1.IndexManifest
	if err := json.Unmarshal(member(t, filepath.Join(o.output, "hello-v1.2.3.oci.tar"), "index.json"), &index); err != nil {
		t.Fatal(err)
	}
	if got := index.Manifests[0].Annotations["io.containerd.image.name"]; got != o.reference {
		t.Errorf("containerd would call it %q", got)
	}
}

func member(t *testing.T, archive, path string) []byte {
	t.Helper()
	f, err := os.Open(archive)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	for r := tar.NewReader(f); ; {
		header, err := r.Next()
		if err != nil {
			t.Fatalf("%s has no %s: %v", archive, path, err)
		}
		if header.Name == path {
			data, err := io.ReadAll(r)
			if err != nil {
				t.Fatal(err)
			}
			return data
		}
	}
}

func TestPush(t *testing.T) {
	server := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	defer server.Close()
	o := testOptions(t)
	o.push = strings.TrimPrefix(server.URL, "http://") + "/tools/hello:v1.2.3"
	mustRun(t, o)
	ref, err := name.ParseReference(o.push)
	if err != nil {
		t.Fatal(err)
	}
	index, err := remote.Index(ref, remote.WithContext(context.Background()))
	if err != nil {
		t.Fatal(err)
	}
	if err := validate.Index(index); err != nil {
		t.Error(err)
	}
	manifest, err := index.IndexManifest()
	if err != nil || len(manifest.Manifests) != 2 {
		t.Errorf("%d platforms pushed (%v), want 2", len(manifest.Manifests), err)
	}
}

func TestRefuses(t *testing.T) {
	empty := t.TempDir()
	broken := t.TempDir()
	if err := os.WriteFile(filepath.Join(broken, "a.crt"), []byte("nothing"), 0o600); err != nil {
		t.Fatal(err)
	}
	for what, change := range map[string]func(*options){
		"no certificates":     func(o *options) { o.certificates = empty },
		"a broken one":        func(o *options) { o.certificates = broken },
		"no platform":         func(o *options) { o.platforms = "" },
		"a foreign platform":  func(o *options) { o.platforms = "windows/amd64" },
		"a broken reference":  func(o *options) { o.reference = "Not A Reference" },
		"a missing program":   func(o *options) { o.program = "./none" },
		"an output in a file": func(o *options) { o.output = filepath.Join(broken, "a.crt") },
	} {
		t.Run(what, func(t *testing.T) {
			o := testOptions(t)
			o.platforms = "linux/amd64"
			change(&o)
			if err := run(t.Context(), o); err == nil {
				t.Error("no error")
			}
		})
	}
}

func read(t *testing.T, dir, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}
