// Package figures holds what the benchmarks measured against checked-in bounds and
// prints it beside its reference. hack/bench/tracker and hack/bench/ledger measure;
// their bounds.json files hold the bounds and the runs that justify them.
package figures
