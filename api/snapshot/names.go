package snapshot

import "strings"

// Where a snapshot is in a cluster: ConfigMaps of one namespace of its own.
const (
	// ManifestName is the name of the one ConfigMap that trackers watch.
	ManifestName = "waypost-manifest"
	// ManifestKey is its key in data: the manifest as JSON.
	ManifestKey = "manifest.json"
	// ShardNamePrefix begins the names of the immutable ConfigMaps of shards.
	ShardNamePrefix = "waypost-shard-"
	// ShardKey is their key in binaryData: Shard.Data.
	ShardKey = "shard"
)

// shardNameDigits of a digest are enough to name a shard; the content is
// compared with the whole digest.
const shardNameDigits = 32

// ShardName returns the name of the ConfigMap that holds the shard with this digest.
func ShardName(digest string) string {
	digits := strings.TrimPrefix(digest, digestPrefix)
	return ShardNamePrefix + digits[:min(shardNameDigits, len(digits))]
}
