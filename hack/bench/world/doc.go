// Package world makes the configurations that the benchmarks serve, as manifests in
// a directory and as records of a snapshot, and the URLs that visit them.
// hack/bench/tracker and hack/bench/ledger put load on them.
//
// Two forms, because each suits what is measured: Manifests go through all of serve,
// whose directory is edited while it runs; Records are written as the copy on disk of a
// tracker (Copy), because compiling a hundred thousand offers would be part of the memory
// that is measured. Both are made of numbers alone, so two runs serve the same bytes.
package world
