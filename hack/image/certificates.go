package main

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// debianCertificates is where Debian's ca-certificates package has Mozilla's roots.
// The bundle under /etc/ssl is not used: it has what the machine's owner added.
const debianCertificates = "/usr/share/ca-certificates/mozilla"

// certificates are the roots that the image trusts.
type certificates struct {
	bundle []byte
	// version is that of the Debian package, "" for a directory of one's own.
	version string
}

// readCertificates joins the certificates of a directory, in the order of their names.
// Each is parsed and encoded anew, so comments and blanks of a file do not change the
// image, and a damaged file ends the build.
func readCertificates(dir string) (*certificates, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.crt"))
	if err != nil || len(files) == 0 {
		return nil, fmt.Errorf("no *.crt in %s: apt-get install ca-certificates, or name a directory with --certificates", dir)
	}
	var bundle bytes.Buffer
	for _, file := range files { // Glob sorts
		data, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("reading a CA certificate: %w", err)
		}
		block, _ := pem.Decode(data)
		if block == nil {
			return nil, fmt.Errorf("%s is not a PEM file", file)
		}
		if _, err := x509.ParseCertificate(block.Bytes); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		if err := pem.Encode(&bundle, &pem.Block{Type: "CERTIFICATE", Bytes: block.Bytes}); err != nil {
			return nil, fmt.Errorf("joining the CA certificates: %w", err)
		}
	}
	return &certificates{bundle: bundle.Bytes(), version: packageVersion(dir)}, nil
}

// packageVersion asks dpkg which version of ca-certificates the roots are from.
func packageVersion(dir string) string {
	if dir != debianCertificates {
		return ""
	}
	out, err := exec.Command("dpkg-query", "-W", "-f", "${Version}", "ca-certificates").Output()
	if err != nil {
		return "" // a copy of the directory on another system; the bill lists its version as unknown
	}
	return strings.TrimSpace(string(out))
}
