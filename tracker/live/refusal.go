package live

import (
	"errors"
	"fmt"

	"github.com/waypost/waypost/api/snapshot"
)

// Reason is the code of why a revision is not served or a source not read. It is
// a label of metrics.
type Reason string

// The reasons.
const (
	// ReasonUnreachable: the API server did not answer.
	ReasonUnreachable Reason = "api_unreachable"
	// ReasonNoManifest: the API server has no manifest; nothing has been published yet,
	// or it was deleted.
	ReasonNoManifest Reason = "no_manifest"
	// ReasonBadManifest: the manifest cannot be read.
	ReasonBadManifest Reason = "bad_manifest"
	// ReasonNewerSchema: the manifest is written for newer trackers.
	ReasonNewerSchema Reason = "newer_schema"
	// ReasonBadSignature: no trusted key signed the manifest.
	ReasonBadSignature Reason = "bad_signature"
	// ReasonRevisionBack: the manifest's revision is lower than the served one, or
	// the same with other content.
	ReasonRevisionBack Reason = "revision_back"
	// ReasonMissingShard: a shard that the manifest names could not be got.
	ReasonMissingShard Reason = "missing_shard"
	// ReasonBadShard: a shard does not agree with the manifest.
	ReasonBadShard Reason = "bad_shard"
	// ReasonBadDirectory: the manifest directory could not be loaded.
	ReasonBadDirectory Reason = "bad_directory"
	// ReasonBadDisk: the copy on disk is damaged and was not used.
	ReasonBadDisk Reason = "bad_disk_copy"
)

// Refusal is an error with its reason code.
type Refusal struct {
	Reason Reason
	// Revision is the one that is not served, 0 where none is known.
	Revision int64
	Err      error
}

// Error implements error.
func (r *Refusal) Error() string { return fmt.Sprintf("%s: %v", r.Reason, r.Err) }

// Unwrap returns the cause.
func (r *Refusal) Unwrap() error { return r.Err }

// refuse wraps err with a reason, unless it has one.
func refuse(reason Reason, revision int64, err error) *Refusal {
	if r, ok := errors.AsType[*Refusal](err); ok {
		return r
	}
	return &Refusal{Reason: reason, Revision: revision, Err: err}
}

// refuseManifest finds the reason of an error of snapshot.DecodeManifest or Verify.
func refuseManifest(revision int64, err error) *Refusal {
	switch {
	case errors.Is(err, snapshot.ErrNewerSchema):
		return refuse(ReasonNewerSchema, revision, err)
	case errors.Is(err, snapshot.ErrSignature):
		return refuse(ReasonBadSignature, revision, err)
	}
	return refuse(ReasonBadManifest, revision, err)
}

// refuseShards finds the reason of an error of Index.load.
func refuseShards(revision int64, err error) *Refusal {
	if errors.Is(err, errFetch) && !errors.Is(err, snapshot.ErrShardCorrupt) {
		return refuse(ReasonMissingShard, revision, err)
	}
	return refuse(ReasonBadShard, revision, err)
}
