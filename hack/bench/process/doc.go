// Package process starts the servers that the benchmarks measure, each pinned to a
// processor core, and reads from /proc what they use. Linux only, as taskset and
// /proc are. hack/bench/tracker and hack/bench/ledger use it.
package process
