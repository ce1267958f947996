// Package status turns what became of an object into conditions, and writes them.
//
// Conditions is the table of all outcomes, pure and kstatus-exact; Reconciler writes
// one outcome of one object in one server-side apply, skips what is already
// there, and lets outcomes of edits overtake those of the initial list. Which
// outcome an object has is decided in controllers/progress.
package status
