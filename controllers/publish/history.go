package publish

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/waypost/waypost/api/snapshot"
)

const (
	// MinKeep is the least number of revisions that are retained.
	MinKeep = 5
	// defaultKeep is how many revisions are retained for a rollback.
	defaultKeep = 20
	// maxKeep bounds how many revisions trackers that lag behind can retain.
	maxKeep = 100
	// maxHistoryBytes bounds the encoded history, far below what a ConfigMap holds.
	maxHistoryBytes = 384 << 10
)

// Revision is one retained revision.
type Revision struct {
	Revision  int64     `json:"revision"`
	Digest    string    `json:"digest"`
	Published time.Time `json:"published"`
	// Pinned is the earlier revision that this one repeats, 0 for none.
	Pinned int64 `json:"pinned,omitempty"`
	// SchemaVersion, KeyID and Signature are those of its manifest, so that only
	// what an operator once published can be published again.
	SchemaVersion int    `json:"schemaVersion"`
	KeyID         string `json:"keyID,omitempty"`
	Signature     []byte `json:"signature,omitempty"`
	// Changed is how its shards differ from those of the next newer revision: a
	// shard without a digest is not in this one. Most revisions differ by one.
	Changed []snapshot.ShardRef `json:"changed,omitempty"`
}

// History is the retained revisions, newest first. The first is the current one.
type History []Revision

// decodeHistory reads what encode wrote. A history that does not belong to the
// manifest is worth nothing and is forgotten.
func decodeHistory(data string, current *snapshot.Manifest) History {
	var h History
	if err := json.Unmarshal([]byte(data), &h); err != nil || len(h) == 0 || h[0].Revision != current.Revision {
		return History{revisionOf(current, time.Time{})}
	}
	return h
}

func revisionOf(m *snapshot.Manifest, published time.Time) Revision {
	return Revision{
		Revision: m.Revision, Digest: m.Digest, Published: published, Pinned: m.Pinned,
		SchemaVersion: m.SchemaVersion, KeyID: m.KeyID, Signature: m.Signature,
	}
}

// encode returns the history as JSON, without the oldest revisions where it
// would be too long, but with MinKeep at least.
func (h History) encode() (string, error) {
	for {
		data, err := json.Marshal(h)
		if err != nil {
			return "", fmt.Errorf("encode history: %w", err)
		}
		if len(data) <= maxHistoryBytes || len(h) <= MinKeep {
			return string(data), nil
		}
		h = h[:len(h)-1]
	}
}

// push returns the history with next in front of the current manifest. It keeps
// the newest revisions, and older ones that a tracker still serves.
func (h History) push(current, next *snapshot.Manifest, published time.Time, keep int, inUse int64) History {
	pushed := make(History, 0, len(h)+1)
	pushed = append(pushed, revisionOf(next, published))
	pushed = append(pushed, h...)
	if current != nil && len(h) > 0 {
		pushed[1].Changed = difference(next.Shards, current.Shards)
	}
	last := 0
	for i, r := range pushed {
		if i < keep || i < maxKeep && inUse > 0 && r.Revision >= inUse {
			last = i
		}
	}
	return pushed[:last+1]
}

// difference returns what turns the shards of newer into those of older.
func difference(newer, older []snapshot.ShardRef) []snapshot.ShardRef {
	have, want := byIndex(newer), byIndex(older)
	var changed []snapshot.ShardRef
	for i := range snapshot.Shards {
		if have[i].Digest == want[i].Digest {
			continue
		}
		ref := want[i]
		ref.Index = i
		changed = append(changed, ref)
	}
	return changed
}

func byIndex(refs []snapshot.ShardRef) (shards [snapshot.Shards]snapshot.ShardRef) {
	for _, ref := range refs {
		shards[ref.Index] = ref
	}
	return shards
}

// present returns the shards that are not empty.
func present(all [snapshot.Shards]snapshot.ShardRef) []snapshot.ShardRef {
	var refs []snapshot.ShardRef
	for _, ref := range all {
		if ref.Digest != "" {
			refs = append(refs, ref)
		}
	}
	return refs
}

// Revisions returns the numbers of the retained revisions, newest first.
func (h History) Revisions() []int64 {
	all := make([]int64, 0, len(h))
	for _, r := range h {
		all = append(all, r.Revision)
	}
	return all
}

// Manifest returns the manifest of a retained revision; ok is false when it is
// not retained. current are the shards of the first one.
func (h History) Manifest(current []snapshot.ShardRef, revision int64) (m *snapshot.Manifest, ok bool) {
	for s := range h.walk(current) {
		if s.Revision.Revision == revision {
			return s.manifest(), true
		}
	}
	return nil, false
}

// digests returns the digest of every shard of every retained revision.
func (h History) digests(current []snapshot.ShardRef) map[string]bool {
	used := map[string]bool{}
	for shards := range h.walk(current) {
		for _, ref := range shards.shards {
			if ref.Digest != "" {
				used[ref.Digest] = true
			}
		}
	}
	return used
}

// state is one revision with its shards while walking back.
type state struct {
	Revision
	shards [snapshot.Shards]snapshot.ShardRef
}

func (s *state) manifest() *snapshot.Manifest {
	return &snapshot.Manifest{
		SchemaVersion: s.SchemaVersion, Revision: s.Revision.Revision, Pinned: s.Pinned,
		Digest: s.Digest, Shards: present(s.shards), KeyID: s.KeyID, Signature: s.Signature,
	}
}

// walk goes back from the current revision; the state is valid until the next step.
func (h History) walk(current []snapshot.ShardRef) func(yield func(*state) bool) {
	return func(yield func(*state) bool) {
		s := &state{shards: byIndex(current)}
		for _, r := range h {
			s.Revision = r
			for _, ref := range r.Changed {
				if ref.Index >= 0 && ref.Index < snapshot.Shards {
					s.shards[ref.Index] = ref
				}
			}
			if !yield(s) {
				return
			}
		}
	}
}
