//go:build e2e

// Package e2e tests Waypost on a real node: installed by its chart from its image,
// edited, restarted, drained, killed, upgraded and uninstalled, under load.
//
// "make e2e" brings the node up and runs this. It is one test, because a cluster has
// one state; its parts build on each other in the order of the file.
package e2e
