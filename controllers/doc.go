// Package controllers is the operator: one event loop (loop.go) under a
// controller-runtime manager, with informers, leader election, health and metrics.
//
// An edit takes this way: an informer puts the object into the inbox, compile makes
// records and a verdict of it, release decides when they are published, publish
// writes them, trackers reports which trackers serve them, progress notices that the
// object has arrived, and status writes that into its conditions. The packages
// secrets and suspensions read what objects refer to, and what the ledger reports.
//
// Run is what "waypost operator" calls; Rollback and Release are what
// "waypost rollback" calls.
//
// # Who writes what
//
// The loop is one goroutine and owns compiler, release and progress, which are pure.
// Requests run beside it, each kind by one owner: the publisher writes ConfigMaps of the
// snapshots' namespace, at most one plan at a time; status and suspensions write statuses,
// each under a field owner of its own; secrets and trackers only read. Results come back
// to the loop through channels.
//
// # When there are two operators
//
// One leads by the lease, the other keeps its caches full and waits. The lease is no
// guard, because a leader that is cut off may go on for a moment. The guard is the
// manifest, which is swapped by its resource version: the one that finds a higher
// revision than its own drops all of its state and begins anew (Run).
package controllers
