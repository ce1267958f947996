package server

import (
	"bytes"
	"strings"
	"unicode/utf8"
	"unsafe"
)

// Bounds of what an event keeps of two headers, in bytes.
const (
	maxUserAgent = 512
	maxReferrer  = 1024
)

// view returns b as a string without copying. It is valid while b is, so it is for look-ups
// and for what is encoded before the request ends.
func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// text is view of a foreign value as a journal and a database can keep it: bytes
// that are no UTF-8 become U+FFFD, zero bytes vanish. Only such values are copied.
func text(b []byte) string {
	if len(b) == 0 || utf8.Valid(b) && bytes.IndexByte(b, 0) < 0 {
		return view(b)
	}
	return strings.ReplaceAll(strings.ToValidUTF8(string(b), "\uFFFD"), "\x00", "")
}

// copied is text in memory of its own.
func copied(b []byte) string { return strings.Clone(text(b)) }

// clip returns at most limit bytes of b, not ending within a character.
func clip(b []byte, limit int) []byte {
	if len(b) <= limit {
		return b
	}
	for limit > 0 && !utf8.RuneStart(b[limit]) {
		limit--
	}
	return b[:limit]
}

// constant is view in the other direction, for a callee that copies. The result must not be
// written to.
func constant(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }
