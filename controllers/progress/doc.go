// Package progress follows each generation of each object on its way to the
// trackers, and gathers the facts that its status is made of.
//
// One object is one state machine:
//
//	open ──► under way ──► arrived
//	 ▲           │            │
//	 └───────────┴────────────┘  judged anew, a network held, a revision rolled back
//
// A changed object is open until the compiler has judged its generation (Judged)
// and the published records have the judged form (Settle). While it is open its
// stage is Unpublished, Failed, Held or Pinned. Then it is under way with the
// published revision, and it has arrived once all trackers serve that revision
// (Acknowledge). An object that is not to be served arrives as soon as it is judged.
// Another generation begins a state machine of its own, which replaces the former.
//
// What comes in is, in this order for one edit: Changed, Judged, Settle, Published,
// Settle, Acknowledge; and Tick at the time of Next. What comes out are Outcomes, for
// objects that have arrived or are stuck, or that have taken longer than a second or
// a minute. That no tracker is there concerns every published object, so it counts
// only when it has lasted for three seconds.
//
// The invariant: an object is in exactly one of the set of open objects, the list of
// those under way, and neither; it reports whenever it enters or leaves a stage that
// its status shows.
//
// The package is pure: time, sweeps and verdicts are passed in. An edit costs itself,
// a publication the open objects, an acknowledgement the objects that it lets arrive:
// those under way are listed in the order of their revisions. Only when the last
// tracker goes or the first comes every object is visited.
package progress
