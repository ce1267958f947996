// Package snapshot is what the operator and the trackers agree on: the compiled
// records of a network's resources, the shards that carry them and the manifest
// that names the shards.
//
// Records hold amounts and digests only, never a key in clear. The package
// imports nothing of Kubernetes and does no I/O; controllers/compile makes
// records, tracker/live serves from them.
package snapshot
