package params

import "bytes"

// ScanQuery reads a query string or a form body, in one pass. Values without
// escapes are not copied. A broken escape stands for itself: 100% is 100%.
func (s *Set) ScanQuery(t *Table, query []byte) {
	var p span
	for i, c := range query {
		switch c {
		case '&':
			s.pair(t, query[p.start:i], &p)
			p = span{start: i + 1}
		case '=':
			if p.equals == 0 {
				p.equals = i + 1 - p.start
			}
		case '%', '+':
			p.escaped = true
		}
	}
	s.pair(t, query[p.start:], &p)
}

// span is where a pair begins, where its value does (0: it has none), and
// whether anything in it is escaped.
type span struct {
	start, equals int
	escaped       bool
}

// pair takes one pair in. An = that was escaped separates name and value where there is no
// other.
func (s *Set) pair(t *Table, pair []byte, p *span) {
	if len(pair) == 0 {
		return
	}
	key, val := pair, pair[len(pair):]
	if p.equals > 0 {
		key, val = pair[:p.equals-1], pair[p.equals:]
	}
	if p.escaped {
		key, val = s.decode(key), s.decode(val)
	}
	if p.equals == 0 { // escaped, or there is none
		key, val, _ = bytes.Cut(key, []byte{'='})
	}
	s.put(t, key, val)
}

// decode returns b with escapes decoded, b itself if it has none.
func (s *Set) decode(b []byte) []byte {
	if bytes.IndexByte(b, '%') < 0 && bytes.IndexByte(b, '+') < 0 {
		return b
	}
	start := len(s.decoded)
	s.decoded = appendDecoded(s.decoded, b)
	return s.decoded[start:len(s.decoded):len(s.decoded)]
}

// appendDecoded appends b to dst with %XX escapes and + (a space) decoded.
func appendDecoded(dst, b []byte) []byte {
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case c == '+':
			dst = append(dst, ' ')
		case c == '%' && i+2 < len(b) && hexValue(b[i+1]) >= 0 && hexValue(b[i+2]) >= 0:
			dst = append(dst, byte(hexValue(b[i+1])<<4|hexValue(b[i+2])))
			i += 2
		default:
			dst = append(dst, c)
		}
	}
	return dst
}

// hexValue is the value of a hexadecimal digit, -1 for anything else.
func hexValue(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}
