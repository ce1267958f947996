// Package world makes the configurations that the benchmarks serve, as manifests in
// a directory and as records of a snapshot, and the URLs that visit them.
// hack/bench/tracker and hack/bench/ledger put load on them.
package world
