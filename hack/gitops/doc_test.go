// Package gitops tests that the statuses which Waypost writes mean the same to every
// GitOps tool: to kstatus, by which Flux and kubectl wait judge, and to the health
// script that config/argocd gives Argo CD.
//
// It is a module of its own, so that Waypost need not depend on either.
package gitops
