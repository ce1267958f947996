// Package live keeps the snapshot that a tracker serves from: sources bring
// manifests and shards (a Kubernetes API server, a manifest directory, the copy
// on disk), the holder verifies them, builds the next immutable Index from the
// current one and the changed shards, and swaps it in one step.
//
// Whatever goes wrong, the last good index stays. tracker/server and the ledger
// look up in it; api/snapshot defines the bytes; nothing here writes to a cluster.
package live
