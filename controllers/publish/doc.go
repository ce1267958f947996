// Package publish keeps the published snapshot: immutable ConfigMaps of shards,
// named by their digest, and one manifest that is written last, by
// compare-and-swap, with a revision that never goes back.
//
// Publisher is the only writer; controllers/engine decides what it publishes and
// when. Load reads the previous snapshot back after a restart, Collect removes
// what nobody uses, and Rollback, Release and Confirm are what people ask for.
package publish
