// Package instance runs bin/waypost for the benchmarks and asks its admin port:
// whether it is ready, its counters, the figures of its reports. hack/bench/process
// has the processes, hack/bench/tracker and hack/bench/ledger the measurements.
package instance
