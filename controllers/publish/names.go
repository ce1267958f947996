package publish

// Labels and annotations of the published ConfigMaps. None of them is an
// app.kubernetes.io/instance label: a tool that prunes by it must not touch
// what trackers serve. There are no owner references for the same reason.
const (
	// labelSnapshot marks every ConfigMap of the snapshot, as shard or manifest.
	labelSnapshot = "waypost.dev/snapshot"
	// labelShard is the index of a shard.
	labelShard = "waypost.dev/shard"

	// ShardSelector selects the shards.
	ShardSelector = labelSnapshot + "=" + snapshotShard

	snapshotShard    = "shard"
	snapshotManifest = "manifest"

	// HistoryKey is the key in the manifest's data with the retained revisions.
	// Trackers do not read it.
	HistoryKey = "history.json"

	// AnnotationRollback on the manifest asks for an earlier revision: the
	// operator publishes its content again and keeps it until the annotation is gone.
	AnnotationRollback = "waypost.dev/rollback-to"
	// AnnotationConfirm, on the manifest or on a Network, confirms mass deletions:
	// the tokens that the operator's message named, separated by commas.
	AnnotationConfirm = "waypost.dev/confirm-mass-deletion"
	// AnnotationHeld on the manifest is the operator's own note of the networks
	// that it holds, for the one that comes after it.
	AnnotationHeld = "waypost.dev/held"
)
