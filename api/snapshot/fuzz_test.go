package snapshot

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// FuzzDecodeShard gives the decoder arbitrary bytes as they come from a cluster
// and, behind a digest that fits, as what they decompress to.
func FuzzDecodeShard(f *testing.F) {
	for _, r := range everyRecord() {
		shard, err := EncodeShard([]*Record{r})
		if err != nil {
			f.Fatal(err)
		}
		content, err := decompress(shard.Data)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(shard.Data)
		f.Add(content)
	}
	f.Add([]byte{0xa1, 0x01, 0xff})
	f.Add([]byte{0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, err := DecodeShard(data, digestOf(data)); err != nil && !errors.Is(err, ErrShardCorrupt) {
			t.Errorf("%v is no ErrShardCorrupt", err)
		}
		records, err := DecodeShard(compress(data), digestOf(data))
		if err != nil {
			if !errors.Is(err, ErrShardCorrupt) {
				t.Errorf("%v is no ErrShardCorrupt", err)
			}
			return
		}
		if len(records) == 0 {
			return
		}
		// What was accepted can be published again.
		shard, err := EncodeShard(records)
		if err != nil {
			t.Fatalf("decoded, but cannot be encoded: %v", err)
		}
		again, err := DecodeShard(shard.Data, shard.Digest)
		if err != nil || len(again) != len(records) {
			t.Fatalf("encoded, but cannot be decoded: %v", err)
		}
	})
}

// FuzzDecodeManifest checks that what is accepted is exactly what its own
// encoding says.
func FuzzDecodeManifest(f *testing.F) {
	data, err := os.ReadFile(filepath.Join("testdata", "manifest.json"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte(`{"schemaVersion":2}`))
	f.Add([]byte(`{"schemaVersion":1,"revision":1,"shards":[{"index":-1}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := DecodeManifest(data)
		if err != nil {
			if !errors.Is(err, ErrManifestCorrupt) && !errors.Is(err, ErrNewerSchema) {
				t.Errorf("%v has no known kind", err)
			}
			return
		}
		if m.Verify(nil) == nil {
			t.Error("verified without keys")
		}
		one, err := m.Encode()
		if err != nil {
			t.Fatal(err)
		}
		again, err := DecodeManifest(one)
		if err != nil {
			t.Fatal(err)
		}
		if two, err := again.Encode(); err != nil || !bytes.Equal(one, two) {
			t.Errorf("%s became %s (%v)", one, two, err)
		}
	})
}
