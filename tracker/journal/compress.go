package journal

import (
	"bytes"
	"fmt"
	"sync"

	"github.com/klauspost/compress/zstd"
)

// Batches travel uncompressed: a click's share of compression would cost more
// than writing it. Only a batch above the server's message limit (the terms of
// one postback can be megabytes of rules) is compressed as a whole. A zstd frame
// cannot be mistaken for a batch, whose first byte is the head of a map.
var zstdMagic = []byte{0x28, 0xb5, 0x2f, 0xfd}

// Both are stateless in the way they are used here, and safe for concurrent use.
var (
	zstdEncoder = sync.OnceValues(func() (*zstd.Encoder, error) {
		return zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	})
	zstdDecoder = sync.OnceValues(func() (*zstd.Decoder, error) {
		return zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(MaxBatchBytes))
	})
)

func deflate(data []byte) ([]byte, error) {
	enc, err := zstdEncoder()
	if err != nil {
		return nil, fmt.Errorf("compress a journal batch: %w", err)
	}
	return enc.EncodeAll(data, nil), nil
}

func inflate(data []byte) ([]byte, error) {
	if len(data) > MaxBatchBytes {
		return nil, fmt.Errorf("%w: %d bytes", ErrMalformed, len(data))
	}
	if !bytes.HasPrefix(data, zstdMagic) {
		return data, nil
	}
	dec, err := zstdDecoder()
	if err != nil {
		return nil, fmt.Errorf("decompress a journal batch: %w", err)
	}
	out, err := dec.DecodeAll(data, nil)
	if err != nil {
		return nil, fmt.Errorf("%w: decompress: %w", ErrMalformed, err)
	}
	return out, nil
}
