//go:build tools

// Package tools pins the control plane that the tests run against, so that
// "make control-plane" can build it from Go modules.
package tools

import (
	_ "k8s.io/kubernetes/cmd/kube-apiserver"
	_ "k8s.io/kubernetes/cmd/kubectl"
)
