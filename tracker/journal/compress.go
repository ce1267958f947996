package journal

import (
	"bytes"
	"fmt"
	"sync"

	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"
)

// A batch of visits is packed with S2 on its way to the journal: visitors' programs,
// pages and sub ids repeat, and each byte is copied a handful of times and becomes
// garbage twice in a NATS server, embedded or not. Packing costs less than that. A
// batch above the server's message limit (the terms of one postback can be megabytes
// of rules) is compressed with zstd, which is smaller and slower. The first byte
// tells the forms apart: that of a batch as it is is the head of a map.
var (
	s2Magic   = []byte{0xff, 'S', '2', 0x01}
	zstdMagic = []byte{0x28, 0xb5, 0x2f, 0xfd}
)

// packedFrom is the size from which packing is worth it.
const packedFrom = 2 << 10

// Both are stateless in the way they are used here, and safe for concurrent use.
var (
	zstdEncoder = sync.OnceValues(func() (*zstd.Encoder, error) {
		return zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	})
	zstdDecoder = sync.OnceValues(func() (*zstd.Decoder, error) {
		return zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(MaxBatchBytes))
	})
)

// pack returns data packed, in the memory of buf where that is enough.
func pack(buf, data []byte) []byte {
	n := len(s2Magic)
	need := n + s2.MaxEncodedLen(len(data))
	if cap(buf) < need {
		buf = make([]byte, need)
	}
	buf = buf[:need]
	return buf[:copy(buf, s2Magic)+len(s2.Encode(buf[n:], data))]
}

func unpack(data []byte) ([]byte, error) {
	data = data[len(s2Magic):]
	n, err := s2.DecodedLen(data)
	if err != nil {
		return nil, fmt.Errorf("%w: unpack: %w", ErrMalformed, err)
	}
	if n > MaxBatchBytes {
		return nil, fmt.Errorf("%w: %d bytes unpacked", ErrMalformed, n)
	}
	out, err := s2.Decode(nil, data)
	if err != nil {
		return nil, fmt.Errorf("%w: unpack: %w", ErrMalformed, err)
	}
	return out, nil
}

func deflate(data []byte) ([]byte, error) {
	enc, err := zstdEncoder()
	if err != nil {
		return nil, fmt.Errorf("compress a journal batch: %w", err)
	}
	return enc.EncodeAll(data, nil), nil
}

// inflate returns a batch as it was before it was packed or compressed.
func inflate(data []byte) ([]byte, error) {
	if len(data) > MaxBatchBytes {
		return nil, fmt.Errorf("%w: %d bytes", ErrMalformed, len(data))
	}
	if bytes.HasPrefix(data, s2Magic) {
		return unpack(data)
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
