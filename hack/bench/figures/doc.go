// Package figures holds what the benchmarks measured against checked-in bounds and
// prints it beside its reference. hack/bench/tracker and hack/bench/ledger measure;
// their bounds.json files hold the bounds and the runs that justify them.
//
// A bound is on the value itself, or on its ratio to a reference that was measured in
// the same run on the same machine. A ratio depends less on the machine than a value,
// unless the value is a count, such as allocations or missing answers. A bound fails the
// benchmark, an aim beyond it is only printed. A bound without a figure fails it too: a
// figure that is renamed would else be unbounded.
package figures
