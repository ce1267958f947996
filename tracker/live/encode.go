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
	u, err := UpdateOf(revision, records)
	if err != nil {
		return nil, err
	}
	return Empty().load(context.Background(), u.Manifest, u.Fetch, time.Now)
}

// UpdateOf returns the records as a revision that a Sink applies, for tests.
func UpdateOf(revision int64, records []*snapshot.Record) (Update, error) {
	refs, data, err := new(shardCache).encode(records)
	if err != nil {
		return Update{}, err
	}
	m, err := snapshot.NewManifest(revision, refs)
	if err != nil {
		return Update{}, err
	}
	return Update{Manifest: m, Fetch: data.fetch, Origin: FromDirectory}, nil
}

// shardData holds shards by digest.
type shardData map[string][]byte

// fetch implements Fetch from memory.
func (s shardData) fetch(_ context.Context, ref snapshot.ShardRef) ([]byte, error) {
	data, ok := s[ref.Digest]
	if !ok {
		return nil, fmt.Errorf("no data for digest %s", ref.Digest)
	}
	return data, nil
}
