package live

import (
	"context"
	"fmt"
	"time"

	"github.com/waypost/waypost/api/snapshot"
)

// Build returns an index of the records, for tests and for commands without a
// source. The records go through their encoded form, so they are not shared.
func Build(revision int64, records []*snapshot.Record) (*Index, error) {
	refs, data, err := new(shardCache).encode(records)
	if err != nil {
		return nil, err
	}
	m, err := snapshot.NewManifest(revision, refs)
	if err != nil {
		return nil, err
	}
	return Empty().load(context.Background(), m, data.fetch, time.Now)
}

// shardData holds shards by digest.
type shardData map[string][]byte

func (s shardData) fetch(_ context.Context, ref snapshot.ShardRef) ([]byte, error) {
	data, ok := s[ref.Digest]
	if !ok {
		return nil, fmt.Errorf("no data for digest %s", ref.Digest)
	}
	return data, nil
}
