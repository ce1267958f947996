// Package charts holds the tests of the Helm chart and of the kustomize directories
// that are generated from it: golden manifests, the schema of the values, what a real
// API server admits, and which rights the parts end up with.
package charts
