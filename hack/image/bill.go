package main

import (
	"bytes"
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/hex"
	"fmt"
	"os"
	"runtime/debug"
	"time"

	cdx "github.com/CycloneDX/cyclonedx-go"
	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// billOfMaterials lists what is in the image, as CycloneDX: the modules that the linker
// put into the binary, by their checksums, the Go standard library and the CA
// certificates. It is read from the binary and not from go.mod, which has modules that no
// package of the program needs.
func billOfMaterials(binary string, o *options, platform v1.Platform, roots *certificates, created time.Time) ([]byte, error) {
	info, err := buildinfo.ReadFile(binary)
	if err != nil {
		return nil, fmt.Errorf("reading what the program was built from: %w", err)
	}
	data, err := os.ReadFile(binary)
	if err != nil {
		return nil, fmt.Errorf("reading the program: %w", err)
	}
	sum := sha256.Sum256(data)
	bill := cdx.NewBOM()
	bill.Metadata = &cdx.Metadata{
		Timestamp: created.Format(time.RFC3339),
		Component: &cdx.Component{
			BOMRef: "image", Type: cdx.ComponentTypeContainer, Name: o.name, Version: o.version,
			Hashes:     hashOf(hex.EncodeToString(sum[:])),
			Properties: &[]cdx.Property{{Name: "platform", Value: platform.String()}, {Name: "sha256 of", Value: "/" + o.name}},
		},
	}
	components := []cdx.Component{
		moduleComponent(&debug.Module{Path: "stdlib", Version: info.GoVersion}),
		certificatesComponent(roots),
	}
	for _, module := range info.Deps {
		if module.Replace != nil {
			module = module.Replace
		}
		components = append(components, moduleComponent(module))
	}
	bill.Components = &components
	var out bytes.Buffer
	encoder := cdx.NewBOMEncoder(&out, cdx.BOMFileFormatJSON).SetPretty(true).SetEscapeHTML(false)
	if err := encoder.Encode(bill); err != nil {
		return nil, fmt.Errorf("writing the bill of materials: %w", err)
	}
	return out.Bytes(), nil
}

// moduleComponent is a Go module. Its checksum is that of go.sum, a digest of the module's
// tree and no hash of a file, so it is a property.
func moduleComponent(m *debug.Module) cdx.Component {
	purl := "pkg:golang/" + m.Path + "@" + m.Version
	c := cdx.Component{BOMRef: purl, Type: cdx.ComponentTypeLibrary, Name: m.Path, Version: m.Version, PackageURL: purl}
	if m.Sum != "" {
		c.Properties = &[]cdx.Property{{Name: "go.sum", Value: m.Sum}}
	}
	return c
}

// certificatesComponent is the bundle, with the Debian package that it came from where
// that is known.
func certificatesComponent(roots *certificates) cdx.Component {
	sum := sha256.Sum256(roots.bundle)
	c := cdx.Component{
		BOMRef: "ca-certificates", Type: cdx.ComponentTypeData, Name: "ca-certificates", Version: roots.version,
		Hashes: hashOf(hex.EncodeToString(sum[:])),
	}
	if roots.version != "" {
		c.PackageURL = "pkg:deb/debian/ca-certificates@" + roots.version
	}
	return c
}

// hashOf is one SHA-256, in hexadecimal.
func hashOf(sha256 string) *[]cdx.Hash {
	return &[]cdx.Hash{{Algorithm: cdx.HashAlgoSHA256, Value: sha256}}
}
