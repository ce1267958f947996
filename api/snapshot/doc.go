// Package snapshot is what the operator and the trackers agree on: the compiled records
// of a network's resources, the shards that carry them and the manifest that names the
// shards.
//
// Records hold amounts and digests only, never a key in clear. The package imports
// nothing of Kubernetes and does no I/O; controllers/compile makes records,
// tracker/live serves from them.
//
// # The form
//
// One object is one Record. The hash of its key (kind, network, tracking id or name)
// chooses one of 256 shards. A shard is the CBOR of its records in the order of their
// keys, one after the other (RFC 8742), compressed with zstd; its digest is that of the
// uncompressed bytes. The manifest names the digests of all shards that are not empty,
// has a revision and a schema version, and is signed with Ed25519.
//
// # What holds
//
// Equal records make equal bytes, whichever program encodes them: fields are in the
// order of core deterministic CBOR, and records are sorted. So an unchanged shard keeps
// its name, and an edit of one object writes one shard.
//
// Decoding takes bytes of any origin. Sizes are bounded before anything is allocated,
// digest and order are checked, and each record has exactly the body of its kind.
// Fields that a reader does not know are ignored, so an older tracker reads newer
// records; a change that it must not ignore raises the schema version.
//
// # What it costs
//
// A shard has 8 KB at 10,000 offers and 77 KB at 100,000. Walk skips records whose
// bytes are known, so a tracker that has the previous shard decodes only what has
// changed.
package snapshot
