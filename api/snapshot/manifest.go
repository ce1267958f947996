package snapshot

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// SchemaVersion is the newest form of records and manifests that this code
// writes and reads. It grows only when an older reader would misread the new form.
const SchemaVersion = 1

// MaxManifestBytes bounds an encoded manifest; 256 shards need about 30 kB.
const MaxManifestBytes = 128 << 10

// ErrNewerSchema reports that a manifest is of a schema version that this code does
// not know. A tracker keeps the last good snapshot and reports it.
var ErrNewerSchema = errors.New("schema version is newer than this program understands")

// ErrManifestCorrupt reports that bytes are not a manifest, or one that
// contradicts itself.
var ErrManifestCorrupt = errors.New("corrupt manifest")

// SupportedSchemas returns the schema versions that this code reads, ascending.
// Trackers report them; the operator publishes the highest that all of them have.
func SupportedSchemas() []int { return []int{SchemaVersion} }

// Manifest names the shards of one published revision. It is written last, so
// a reader that sees it can get every shard that it names.
type Manifest struct {
	SchemaVersion int `json:"schemaVersion" cbor:"1,keyasint"`
	// Revision grows by at least one with every publication and never goes back.
	Revision int64 `json:"revision" cbor:"2,keyasint"`
	// Pinned is the earlier revision whose content a rollback published again and
	// that is kept until the pin is released; 0 when the configuration is followed.
	Pinned int64 `json:"pinned,omitempty" cbor:"3,keyasint,omitempty"`
	// Digest is that of the content alone: equal records have equal digests, in
	// whatever revision, cluster or process. It is what conversions carry as config.
	Digest string `json:"digest" cbor:"4,keyasint"`
	// Shards are the shards that are not empty, ascending by Index.
	Shards []ShardRef `json:"shards" cbor:"5,keyasint"`

	// KeyID is a hint which key made Signature: the first 16 hex digits of its SHA-256.
	KeyID string `json:"keyID,omitempty" cbor:"-"`
	// Signature is made by Sign over all fields above.
	Signature []byte `json:"signature,omitempty" cbor:"-"`
}

// ShardRef names one shard of a manifest.
type ShardRef struct {
	Index   int    `json:"index" cbor:"1,keyasint"`
	Digest  string `json:"digest" cbor:"2,keyasint"`
	Records int    `json:"records" cbor:"3,keyasint"`
}

// NewManifest returns an unsigned manifest of the current schema with the shards
// sorted and the digest computed. No shards at all is a valid, empty snapshot.
func NewManifest(revision int64, shards []ShardRef) (*Manifest, error) {
	m := &Manifest{SchemaVersion: SchemaVersion, Revision: revision, Shards: slices.Clone(shards)}
	slices.SortFunc(m.Shards, func(a, b ShardRef) int { return a.Index - b.Index })
	digest, err := digestOfRefs(m.Shards)
	if err != nil {
		return nil, fmt.Errorf("new manifest: %w", err)
	}
	m.Digest = digest
	if err := m.validate(); err != nil {
		return nil, fmt.Errorf("new manifest: %w", err)
	}
	return m, nil
}

// Encode returns the manifest as JSON.
func (m *Manifest) Encode() ([]byte, error) {
	data, err := json.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("encode manifest: %w", err)
	}
	if len(data) > MaxManifestBytes {
		return nil, fmt.Errorf("encode manifest: %d bytes, at most %d", len(data), MaxManifestBytes)
	}
	return data, nil
}

// DecodeManifest reads a manifest of any origin. It fails with ErrNewerSchema
// for a later schema, whatever else is in it, and with ErrManifestCorrupt when
// something is malformed or the digest is not that of the shards. It does not
// check the signature.
func DecodeManifest(data []byte) (*Manifest, error) {
	if len(data) > MaxManifestBytes {
		return nil, fmt.Errorf("%w: %d bytes, at most %d", ErrManifestCorrupt, len(data), MaxManifestBytes)
	}
	var head struct {
		SchemaVersion int   `json:"schemaVersion"`
		Revision      int64 `json:"revision"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrManifestCorrupt, err)
	}
	if head.SchemaVersion > SchemaVersion {
		return nil, fmt.Errorf("revision %d has schema version %d, this program reads up to %d; update it: %w",
			head.Revision, head.SchemaVersion, SchemaVersion, ErrNewerSchema)
	}
	m := new(Manifest)
	if err := json.Unmarshal(data, m); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrManifestCorrupt, err)
	}
	if err := m.validate(); err != nil {
		return nil, fmt.Errorf("%w: revision %d: %w", ErrManifestCorrupt, m.Revision, err)
	}
	return m, nil
}

func (m *Manifest) validate() error {
	if m.SchemaVersion < 1 || m.Revision < 1 || m.Pinned < 0 {
		return fmt.Errorf("schema version %d, revision %d and pinned %d must be positive", m.SchemaVersion, m.Revision, m.Pinned)
	}
	last := -1
	for _, s := range m.Shards {
		if s.Index <= last || s.Index >= Shards {
			return fmt.Errorf("shard index %d after %d: indexes ascend and are below %d", s.Index, last, Shards)
		}
		if s.Records < 1 {
			return fmt.Errorf("shard %d has %d records; empty shards are left out", s.Index, s.Records)
		}
		last = s.Index
	}
	digest, err := digestOfRefs(m.Shards)
	if err != nil {
		return err
	}
	if digest != m.Digest {
		return fmt.Errorf("digest is %.80q, the shards have %s", m.Digest, digest)
	}
	return nil
}

// digestOfRefs hashes indexes and digests of shards in their order.
func digestOfRefs(shards []ShardRef) (string, error) {
	content := make([]byte, 0, 32+len(shards)*(1+sha256.Size))
	content = append(content, "waypost.dev/snapshot\x00"...)
	for _, s := range shards {
		sum, err := parseDigest(s.Digest)
		if err != nil {
			return "", fmt.Errorf("shard %d: %w", s.Index, err)
		}
		content = append(append(content, byte(s.Index)), sum...)
	}
	return digestOf(content), nil
}
