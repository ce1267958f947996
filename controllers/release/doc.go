// Package release decides what is published, and when.
//
// What comes in are the records that the compiler makes (Want), the Networks and
// the manifest with the requests on them (Network, Seen), what trackers report
// (Heed), and how the last plan ended (Finish). What comes out is one Plan at a
// time: write shards and the manifest, publish an earlier revision again, compare
// the stored manifest, note which networks are held, or collect unused shards.
// The package is pure: time is passed in, and controllers carries plans out with
// controllers/publish, never two at once.
//
// A change opens a window: it is due at once when nothing was published lately,
// else after 50 ms without another one, and 500 ms after the first at the latest.
// When it is due the caller compiles, passes the difference to Want, and asks for
// the Publication. That, in this order,
//
//  1. judges for each network the offers that would go: more than half of them,
//     and at least twenty, within a minute, are held until a token on the Network
//     or the manifest confirms exactly this removal, or the offers come back;
//  2. becomes a rollback when the manifest asks for a revision that is not pinned;
//  3. contains the shards that differ from the published ones, with the published
//     records of held networks, and of all networks while a revision is pinned.
//
// The invariant: records holds, for every key, the wanted and the published form.
// The published form changes only when Finish gets a manifest that was written,
// so a failed publication loses nothing and the next one contains its changes.
// A publication that failed is due again after a growing wait, or with the next
// change; a manifest or shard that is lost makes every shard be written again.
//
// A publication costs the shards that differ, and an edit one comparison; only
// looking for differences visits all 256 shards.
package release
