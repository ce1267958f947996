package snapshot

import (
	"errors"
	"fmt"
	"slices"
)

// MaxShardBytes is the hard limit of a shard's compressed size, half of what a
// ConfigMap may hold. The object that would break it is refused in its status.
const MaxShardBytes = 512 << 10

// ErrShardTooLarge reports that the records of one shard exceed MaxShardBytes
// compressed, or the bound of their uncompressed size.
var ErrShardTooLarge = errors.New("shard too large")

// ErrShardCorrupt reports that bytes are not the shard that their digest promises,
// or not a shard at all. Fetching them again may help, decoding them again not.
var ErrShardCorrupt = errors.New("corrupt shard")

// Shard is the encoded form of all records whose key hashes to Index. Equal
// records make equal shards, whichever program encodes them.
type Shard struct {
	Index int
	// Digest is "sha256:" and the hash of the uncompressed content, so that it
	// does not change with the compressor.
	Digest string
	// Data is the content (a sequence of core deterministic CBOR maps, one a
	// record, in the order of their keys), compressed with zstd.
	Data    []byte
	Records int
}

// Ref returns the manifest's entry for the shard.
func (s Shard) Ref() ShardRef {
	return ShardRef{Index: s.Index, Digest: s.Digest, Records: s.Records}
}

// EncodeShard encodes the records of one shard, in any order; the slice is left
// as it is. It fails with ErrShardTooLarge beyond the limits, and when a record
// is not one that DecodeShard would accept: of another shard, twice, without
// its body, or with text that is not UTF-8.
func EncodeShard(records []*Record) (Shard, error) {
	if len(records) == 0 {
		return Shard{}, errors.New("encode shard: no records; empty shards are left out of the manifest")
	}
	sorted := slices.Clone(records)
	slices.SortFunc(sorted, func(a, b *Record) int { return a.Key().Compare(b.Key()) })
	index := ShardOf(sorted[0].Key())
	content, err := encodeContent(sorted)
	if err == nil {
		err = walk(content, index, nil, func(*Record, []byte) error { return nil })
	}
	if err != nil {
		return Shard{}, fmt.Errorf("encode shard %d: %w", index, err)
	}
	data := compress(content)
	if len(data) > MaxShardBytes {
		return Shard{}, fmt.Errorf("encode shard %d: %w: %d bytes compressed, at most %d", index, ErrShardTooLarge, len(data), MaxShardBytes)
	}
	return Shard{Index: index, Digest: digestOf(content), Data: data, Records: len(sorted)}, nil
}

// encodeContent writes the records one after the other (a CBOR sequence, RFC 8742).
func encodeContent(sorted []*Record) ([]byte, error) {
	var content []byte
	for _, r := range sorted {
		raw, err := encoding().Marshal(r)
		if err != nil {
			return nil, fmt.Errorf("%s %s/%s: %w", r.Kind, r.Network, r.Name, err)
		}
		if content = append(content, raw...); len(content) > maxContentBytes {
			return nil, fmt.Errorf("%w: over %d bytes uncompressed", ErrShardTooLarge, maxContentBytes)
		}
	}
	return content, nil
}

// DecodeShard returns the records of a shard in the order of their keys. Data of
// any origin is safe to pass: what is not the shard that digest names fails with
// ErrShardCorrupt. Unknown fields of records are ignored.
func DecodeShard(data []byte, digest string) ([]*Record, error) {
	content, err := OpenShard(data, digest)
	if err != nil {
		return nil, err
	}
	var records []*Record
	err = content.Walk(AnyShard, nil, func(r *Record, _ []byte) error {
		records = append(records, r)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return records, nil
}
