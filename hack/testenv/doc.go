// Package testenv brings up a real Kubernetes API server, with the custom resources of config/crd installed, for tests.
//
// It finds the binaries that "make control-plane" builds into bin/kube, or those that KUBEBUILDER_ASSETS points to.
// There is no controller-manager behind the API server: nothing collects garbage or starts pods.
// One environment serves a whole package (Shared); tests keep apart by a namespace each (Namespace).
package testenv
