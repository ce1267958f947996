// Package status turns what became of an object into conditions, and writes them.
//
// Conditions is the table of all outcomes, pure and kstatus-exact; Reconciler writes
// one outcome of one object in one server-side apply, skips what is already
// there, and lets outcomes of edits overtake those of the initial list. Which
// outcome an object has is decided in controllers/progress.
//
// # From facts to conditions
//
// Facts are values; equal Facts give equal conditions. The first row that holds decides
// Ready (docs/status.md has every reason):
//
//	not judged                         Unknown, Reconciling
//	not accepted                       False, Stalled: the last accepted form is served on
//	a reference does not resolve       False, Reconciling: resolved by another object
//	publication failed, or on its way  False or Unknown, Reconciling
//	held by the mass deletion guard    False, Stalled: it needs a confirmation
//	pinned by a rollback               False
//	published, no tracker is ready     False, Reconciling
//	published, trackers are behind     False, Reconciling
//	published and served by all        True
//
// Accepted and ResolvedRefs have the compiler's verdict, Programmed whether a form of the
// object is in the published snapshot. Reconciling and Stalled are there only while they
// hold, as kstatus asks for, so "kubectl wait", Flux and Argo CD read the same result.
//
// # Writing
//
// Submit keeps the latest outcome of each object and queues its key. A worker reads the
// object from the cache, makes its next status, compares, and applies. What the cache
// does not show yet of its own last write is remembered, so that a repeated outcome
// writes nothing and repeats no Event.
//
// The invariants: an outcome is written for the UID and resource version that were read
// and for no other object of that name; a condition keeps its transition time while its
// status stays; of outcomes that follow each other only the last must be written.
//
// It costs one read of the cache an outcome, and one request where the status differs.
package status
