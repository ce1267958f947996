package params

import (
	"bytes"
	"unicode"
	"unicode/utf8"
)

// trim returns b without the blanks, line ends, NULs and byte order marks around it, as
// they are and escaped once more than the request decodes. A value that begins and
// ends as most do costs three comparisons.
func trim(b []byte) []byte {
	for len(b) > 0 && !plain(b[0]) {
		n := blank(b, utf8.DecodeRune, bytes.HasPrefix)
		if n == 0 {
			break
		}
		b = b[n:]
	}
	for len(b) > 0 && (!plain(b[len(b)-1]) || len(b) > 2 && b[len(b)-3] == '%') {
		n := blank(b, utf8.DecodeLastRune, bytes.HasSuffix)
		if n == 0 {
			break
		}
		b = b[:len(b)-n]
	}
	return b
}

// escapedBlanks are blanks that arrive with their escape.
var escapedBlanks = [][]byte{
	[]byte("%20"), []byte("%00"), []byte("%09"), []byte("%0D"), []byte("%0d"), []byte("%0A"), []byte("%0a"), []byte("%C2%A0"), []byte("%c2%a0"),
}

// blank returns the size of the blank at one end of b, 0 if there is none.
func blank(b []byte, decode func([]byte) (rune, int), has func(b, end []byte) bool) int {
	const noBreak = 0xA0 // alone it is no UTF-8, but what windows-1252 has
	switch r, size := decode(b); {
	case unicode.IsSpace(r), r == 0, r == '\u200b', r == '\ufeff':
		return size
	case r == utf8.RuneError && size == 1 && has(b, []byte{noBreak}):
		return 1
	}
	for _, escape := range escapedBlanks {
		if has(b, escape) {
			return len(escape)
		}
	}
	return 0
}

// plain reports whether a byte neither begins nor ends a blank that is not escaped.
func plain(c byte) bool { return '!' <= c && c <= '~' && c != '%' }
