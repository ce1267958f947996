// Package crd holds the custom resource definitions, for programs that check
// manifests without an API server.
package crd

import "embed"

// Files are the generated definitions, one file a kind.
//
//go:embed waypost.dev_*.yaml
var Files embed.FS
