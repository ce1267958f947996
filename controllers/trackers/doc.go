// Package trackers finds out which trackers serve which revision.
//
// The operator pulls: Poller asks the admin port of every ready tracker for its
// snapshot.Status, fast while a revision is outstanding and rarely else, so trackers
// need no permission to write anything. What is kept is one revision a tracker, never a
// pair of tracker and object. controllers/progress turns the sweeps into the facts of
// conditions.
//
// A sweep asks all targets, 32 at a time and each for at most a second, and gives one
// result. Its pace begins 50 ms after a publication, which is about what a tracker
// takes, and grows by half up to a second while a revision is outstanding; else it is
// 30 s. Only the latest sweep is kept for the loop.
//
// Whether a tracker counts is decided in judge. A pod counts when the cluster holds it
// ready. A tracker that is no pod counts while it serves a snapshot, and for ten
// seconds after its last answer, because a busy one may still serve something old; a
// refused connection ends that at once. A tracker that answers and does not count is
// starting: it is reported, and nothing waits for it.
package trackers
