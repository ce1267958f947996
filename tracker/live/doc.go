// Package live keeps the snapshot that a tracker serves from: sources bring manifests
// and shards (a Kubernetes API server, a manifest directory, the copy on disk), the
// holder verifies them, builds the next immutable Index from the current one and the
// changed shards, and swaps it in one step.
//
// Whatever goes wrong, the last good index stays. tracker/server and the ledger look up
// in it; api/snapshot defines the bytes; nothing here writes to a cluster.
//
// # One revision
//
// A source hands an Update to Holder.Apply: a decoded manifest that has passed its
// Trust, and a function that fetches shards. Apply takes one revision at a time, in
// this order:
//
//  1. A revision that is served already is confirmed. A lower one, or the same number
//     with another digest, is refused: revisions never go back.
//  2. The manifest's digests are compared with those of the current index. Shards that
//     differ are fetched, 16 at once, and opened, which verifies their digest
//     (load.go).
//  3. In each fetched shard a record whose bytes are known keeps its object; the others
//     are decoded (shard.go). The result is a list of removed and added objects.
//  4. A build applies these lists to copies of the tables, the removals of all shards
//     first. Goals are then linked to their offers (build.go, build_offers.go).
//  5. The pointer to the index is exchanged, and the disk copy is queued.
//
// An error in 1 to 4 refuses the revision with a reason, which Status shows until a
// revision is served. A panic while decoding counts as such an error.
//
// # What holds
//
// An index is never changed after the swap; a request that has taken one has one
// configuration to its end. The next index shares every bucket and object that the
// revision did not touch (table.go). A deleted offer or partner stays as a tombstone,
// so that click ids in the wild can be named.
//
// A tracker is ready once it serves the current revision of its source, and stays ready
// from then on. A copy on disk counts from 5 s after the start, where no newer revision
// is on its way (ready.go).
//
// # What it costs
//
// A revision costs the changed shards: their transfer, a hash of each of their records,
// and decoding of the records that differ. A look-up is one hash and a walk over a
// bucket of 12 slots on average; it takes no lock and allocates nothing. Equal strings,
// overrides and forms of goals of one build share memory (intern.go), because 100,000
// offers with three goals each repeat most of theirs.
package live
