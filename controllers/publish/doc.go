// Package publish keeps the published snapshot: immutable ConfigMaps of shards,
// named by their digest, and one manifest that is written last, by
// compare-and-swap, with a revision that never goes back.
//
// Publisher is the only writer; controllers/release decides what it publishes and
// when. Load reads the previous snapshot back after a restart, Collect removes
// shards that no retained revision names, and Rollback and Release put a request on
// the manifest.
package publish
