package queue

import (
	"strings"
	"unicode/utf8"
)

// text makes what a receiver answered fit for every database: valid UTF-8 without
// NUL, which PostgreSQL refuses.
func text(s string) string {
	if utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 {
		return s
	}
	return strings.ReplaceAll(strings.ToValidUTF8(s, "?"), "\x00", "?")
}
