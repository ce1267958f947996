package snapshot

import (
	"fmt"
	"sync"

	"github.com/klauspost/compress/zstd"
)

// maxContentBytes bounds a shard's decompressed size, at both ends: the encoder
// refuses to write more, and the decoder never allocates more than this for any input.
const maxContentBytes = 16 << 20

// compressor has a fixed level and works single-threaded, so that equal content
// gives equal bytes on every machine. It is safe for concurrent use.
var compressor = sync.OnceValue(func() *zstd.Encoder {
	return must(zstd.NewWriter(nil,
		zstd.WithEncoderLevel(zstd.SpeedDefault),
		zstd.WithEncoderConcurrency(1),
		zstd.WithEncoderCRC(false), // the digest is stronger
	))
})

var decompressor = sync.OnceValue(func() *zstd.Decoder {
	return must(zstd.NewReader(nil,
		zstd.WithDecoderConcurrency(0), // as many shards at once as there are cores
		zstd.WithDecoderMaxMemory(maxContentBytes),
		zstd.WithDecoderMaxWindow(maxContentBytes),
	))
})

// compress returns content as one zstd frame.
func compress(content []byte) []byte {
	return compressor().EncodeAll(content, make([]byte, 0, len(content)/4+64))
}

// decompress undoes compress for data of any origin.
func decompress(data []byte) ([]byte, error) {
	content, err := decompressor().DecodeAll(data, nil)
	if err != nil {
		return nil, fmt.Errorf("decompress: %w", err)
	}
	return content, nil
}
