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
package controllers
