// Package trackers finds out which trackers serve which revision.
//
// The operator pulls: Poller asks the admin port of every ready tracker for its
// snapshot.Status, fast while a revision is outstanding and rarely else, so
// trackers need no permission to write anything. What is kept is one revision a
// tracker, never a pair of tracker and object. controllers/progress turns the sweeps
// into the facts of conditions.
package trackers
