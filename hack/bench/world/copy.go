package world

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"os"

	"github.com/go-logr/logr"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/tracker/live"
)

// Copy writes records as the copy on disk that a tracker begins with, signed with a
// new key, and the file with the key that the tracker must trust.
func Copy(ctx context.Context, records []*snapshot.Record, dir, trustFile string) error {
	m, data, err := publish(records)
	if err != nil {
		return err
	}
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		return err
	}
	if err := m.Sign(private); err != nil {
		return err
	}
	trust, err := snapshot.EncodePublicKey(public)
	if err != nil {
		return err
	}
	if err := os.WriteFile(trustFile, trust, 0o600); err != nil {
		return err
	}
	holder := live.NewHolder(live.Options{Disk: live.NewDisk(dir, live.TrustKeys(public)), Log: logr.Discard()})
	return holder.Run(ctx, once{live.Update{Manifest: m, Origin: live.FromKubernetes, Fetch: func(_ context.Context, ref snapshot.ShardRef) ([]byte, error) {
		return data[ref.Digest], nil
	}}})
}

// publish makes shards and the manifest of records, as the operator does.
func publish(records []*snapshot.Record) (*snapshot.Manifest, map[string][]byte, error) {
	var members [snapshot.Shards][]*snapshot.Record
	for _, r := range records {
		i := snapshot.ShardOf(r.Key())
		members[i] = append(members[i], r)
	}
	var refs []snapshot.ShardRef
	data := map[string][]byte{}
	for _, m := range members {
		if len(m) == 0 {
			continue
		}
		shard, err := snapshot.EncodeShard(m)
		if err != nil {
			return nil, nil, fmt.Errorf("encoding a shard: %w", err)
		}
		refs = append(refs, shard.Ref())
		data[shard.Digest] = shard.Data
	}
	m, err := snapshot.NewManifest(1, refs)
	return m, data, err
}

// once is a source with one update, which the holder has written to disk when it
// returns.
type once struct{ update live.Update }

func (o once) Run(ctx context.Context, sink live.Sink) error { return sink.Apply(ctx, o.update) }
