// Package acks finds out which trackers serve which revision.
//
// The operator pulls: Poller asks every ready tracker's admin port for its
// snapshot.Status, fast while a revision is outstanding and rarely else, so
// trackers need no permission to write anything. What is kept is one revision a
// tracker, and in Waiting one revision a changed object; never a pair of
// tracker and object. controllers/engine turns the sweeps into conditions.
package trackers
