// Package publish keeps the published snapshot: immutable ConfigMaps of shards, named
// by their digest, and one manifest that is written last, by compare-and-swap, with a
// revision that never goes back.
//
// Publisher is the only writer; controllers/release decides what it publishes and when.
// Load reads the previous snapshot back after a restart, Collect removes shards that no
// retained revision names, and Rollback and Release put a request on the manifest.
//
// # One publication
//
// Publish takes the whole content of each shard that has changed (Change), and works in
// this order:
//
//  1. The schema version is the highest that every tracker reads (schema.go). Without a
//     common one nothing is written.
//  2. Shards are encoded on all cores. One that exceeds the size limit gives up
//     changes, in the order of their keys, and keeps the published form of those
//     records (fit.go). They are returned as refused.
//  3. ConfigMaps of shards that are not there yet are created, 16 at a time
//     (shards.go).
//  4. The manifest of the next revision is built from the changed and the unchanged
//     digests, signed, and written with the resource version of the last read
//     (swap.go). On a conflict it is read again to find out which write came first.
//
// A tracker starts from the manifest, so until step 4 nothing has changed for it. A
// crash between the steps leaves shards without a name, which Collect removes after a
// quarter of an hour.
//
// # What holds
//
// The revision grows with every write, also beyond what trackers report after a
// restored etcd (Change.Floor). A manifest names only shards that were written or seen.
// A manifest of another writer is never overwritten: a higher revision ends this
// operator (ErrSuperseded); an edited, older or removed one makes it publish everything
// again (ErrLost). A write whose answer was lost is recognised by its content and
// adopted.
//
// # What it costs
//
// One create request for each changed shard and one update of the manifest. An edit of
// one object changes one shard of 256: 8 KB at 10,000 offers, 77 KB at 100,000. Shards
// found sound by an earlier read or write are not requested again; Doubt forgets them
// after a tracker could not load one. docs/decisions/0002 has the reasons for
// ConfigMaps.
package publish
