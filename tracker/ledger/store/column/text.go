package column

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// Clean makes text that strangers sent fit for every database: valid UTF-8 without
// NUL, which PostgreSQL refuses. What is replaced becomes U+FFFD.
func Clean(s string) string {
	if utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 {
		return s
	}
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}

const hex = "0123456789abcdef"

// AppendQuoted appends s as a JSON string. NUL and what is not UTF-8 become
// U+FFFD, as in Clean.
func AppendQuoted(dst []byte, s string) []byte {
	s = Clean(s)
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

// Object holds a map of strings as a JSON object, sorted by name.
func Object[R any](name string, of func(*R) *map[string]string) Column[R] {
	return Encoded(name, of, objectText, parseObject)
}

func objectText(m *map[string]string) string {
	if len(*m) == 0 {
		return "{}"
	}
	b := []byte{'{'}
	for i, name := range slices.Sorted(maps.Keys(*m)) {
		if i > 0 {
			b = append(b, ',')
		}
		b = AppendQuoted(append(AppendQuoted(b, name), ':'), (*m)[name])
	}
	return string(append(b, '}'))
}

func parseObject(text string, m *map[string]string) error {
	if *m = nil; text == "{}" {
		return nil
	}
	if err := json.Unmarshal([]byte(text), m); err != nil {
		return fmt.Errorf("read a JSON object: %w", err)
	}
	return nil
}
