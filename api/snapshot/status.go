package snapshot

import "time"

// StatusPath is where a tracker's admin port answers with its Status as JSON.
const StatusPath = "/-/snapshot"

// Status is a tracker's report on the snapshot that it serves from. All of
// it is about what is served now, never about what has merely been seen.
type Status struct {
	// Revision and Digest are those of the served manifest; 0 and "" before the first.
	Revision int64  `json:"revision"`
	Digest   string `json:"digest"`
	// LoadedAt is when the tracker began to serve it.
	LoadedAt *time.Time `json:"loadedAt"`
	// LastError is the reason why something newer is not served, or the source not
	// reached; "" when the newest known revision is served.
	LastError string `json:"lastError"`
	// Reason is LastError's reason code (see tracker/live), "" without one.
	Reason string `json:"reason,omitempty"`
	// RejectedRevision is the revision that LastError is about, 0 if it is about none.
	RejectedRevision int64 `json:"rejectedRevision,omitempty"`
	// Source is where the served revision came from: kubernetes, directory or disk.
	Source string `json:"source,omitempty"`
	// SchemaVersions are those that the tracker can read, ascending.
	SchemaVersions []int `json:"schemaVersions"`
}
