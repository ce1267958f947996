//go:build tools

// Package tools pins etcd for the control plane that the tests run against.
package tools

import _ "go.etcd.io/etcd/server/v3"
