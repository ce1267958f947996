package journal

import (
	"encoding/binary"
	"math"
)

// The major types of CBOR (RFC 8949 §3.1) that the batch encoder writes itself.
const (
	majorUint  = 0 << 5
	majorNeg   = 1 << 5
	majorBytes = 2 << 5
	majorText  = 3 << 5
	majorArray = 4 << 5
	majorMap   = 5 << 5

	cborTrue = 0xf5
	cborNull = 0xf6
)

// appendHead appends the head of a data item: its major type and its argument in
// the shortest form.
func appendHead(dst []byte, major byte, n uint64) []byte {
	switch {
	case n < 24:
		return append(dst, major|byte(n))
	case n <= math.MaxUint8:
		return append(dst, major|24, byte(n))
	case n <= math.MaxUint16:
		return binary.BigEndian.AppendUint16(append(dst, major|25), uint16(n))
	case n <= math.MaxUint32:
		return binary.BigEndian.AppendUint32(append(dst, major|26), uint32(n))
	}
	return binary.BigEndian.AppendUint64(append(dst, major|27), n)
}

func appendInt(dst []byte, n int64) []byte {
	if n < 0 {
		return appendHead(dst, majorNeg, uint64(-(n + 1)))
	}
	return appendHead(dst, majorUint, uint64(n))
}

func appendText(dst []byte, s string) []byte {
	return append(appendHead(dst, majorText, uint64(len(s))), s...)
}

// appendTextPair appends a key and a text, or nothing when the text is empty, and
// counts the pair.
func appendTextPair(dst []byte, pairs *byte, key byte, s string) []byte {
	if s == "" {
		return dst
	}
	*pairs++
	return appendText(appendHead(dst, majorUint, uint64(key)), s)
}

// appendIntPair appends a key and a number, or nothing when it is 0, and counts the pair.
func appendIntPair(dst []byte, pairs *byte, key byte, n int64) []byte {
	if n == 0 {
		return dst
	}
	*pairs++
	return appendInt(appendHead(dst, majorUint, uint64(key)), n)
}
