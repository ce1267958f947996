package store

import (
	"strings"
	"unicode/utf8"
)

// clean makes text that strangers sent fit for every database: valid UTF-8 without
// NUL, which PostgreSQL refuses. What is replaced becomes U+FFFD.
func clean(s string) string {
	if utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 {
		return s
	}
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}

const hex = "0123456789abcdef"

// appendQuoted appends s as a JSON string. NUL and what is not UTF-8 become
// U+FFFD, as in clean.
func appendQuoted(dst []byte, s string) []byte {
	s = clean(s)
	dst = append(dst, '"')
	start := 0
	for i := range len(s) {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		dst = append(dst, s[start:i]...)
		if c >= ' ' {
			dst = append(dst, '\\', c)
		} else {
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&0xf])
		}
		start = i + 1
	}
	return append(append(dst, s[start:]...), '"')
}

// flag is how a bool is stored.
func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// blob is how a key is stored: the zero key as NULL.
func blob(k [16]byte) any {
	if k == ([16]byte{}) {
		return nil
	}
	return k[:]
}
