//go:build tools

// Package tools pins the newer API server that the tests of the schemas run against, too,
// so that it can be built from Go modules. It is a module of its own because Kubernetes' modules
// come in one version each.
package tools

import (
	_ "k8s.io/kubernetes/cmd/kube-apiserver"
)
