// Package figures holds what the benchmarks measured against checked-in bounds and
// prints it beside its reference. hack/bench/tracker and hack/bench/ledger measure;
// their bounds.json files say what must hold and which runs justify it.
package figures
