package params

import (
	"bytes"
	"html"
	"unicode/utf8"
)

// find returns what a name means. Names ignore case, and a name behind a separator
// that was escaped for HTML once too often (&amp;status=) is the name itself. A name
// as the table has it costs one look-up.
func (t *Table) find(key []byte) (name, bool) {
	if n, ok := t.names[string(key)]; ok {
		return n, true
	}
	var room [maxName]byte
	bare := undamaged(key)
	if len(bare) > len(room) {
		return name{}, false
	}
	changed := len(bare) < len(key)
	for i, c := range bare {
		if 'A' <= c && c <= 'Z' {
			c, changed = c|0x20, true
		}
		room[i] = c
	}
	if !changed {
		return name{}, false
	}
	n, ok := t.names[string(room[:len(bare)])]
	return n, ok
}

// Meaning returns the parameter that a name means; None if it means nothing.
func (t *Table) Meaning(name string) Param {
	n, _ := t.find([]byte(name))
	return n.param
}

// maxName bounds the names that a table may have, in bytes.
const maxName = 32

// undamaged returns the name behind what links suffer when they are pasted, mailed
// or put into a page: blanks, a second ? or &, and an & escaped for HTML, once or
// several times, with or without its semicolon. PHP's mark of a list, [] or [0], is
// behind it.
func undamaged(key []byte) []byte {
	for _, mark := range lists {
		key = bytes.TrimSuffix(key, mark)
	}
	for {
		rest := trim(key)
		if len(rest) > 0 && (rest[0] == '?' || rest[0] == '&' || rest[0] == ';') {
			rest = rest[1:]
		} else {
			rest = withoutAmpersand(rest)
		}
		if len(rest) == len(key) {
			return key
		}
		key = rest
	}
}

// withoutAmpersand cuts what is left of an escaped & at the beginning of a name:
// amp; #38; #x26;
func withoutAmpersand(key []byte) []byte {
	rest, shortest := key, 0
	switch {
	case len(key) >= 3 && bytes.EqualFold(key[:3], []byte("amp")):
		rest, shortest = key[3:], 3 // ampid is a name of its own
	case len(key) >= 3 && key[0] == '#':
		digits, code := key[1:], "38"
		if digits[0]|0x20 == 'x' {
			digits, code = digits[1:], "26"
		}
		var ok bool
		if rest, ok = bytes.CutPrefix(bytes.TrimLeft(digits, "0"), []byte(code)); !ok {
			return key
		}
	}
	switch {
	case len(rest) == len(key), len(rest) > 0 && rest[0] == ';':
	case len(rest) > 2 && bytes.EqualFold(rest[:3], []byte("%3B")):
		return rest[3:]
	case len(rest) < shortest:
		return key
	}
	return rest
}

// lists are the marks that PHP writes behind the name of a list.
var lists = [][]byte{[]byte("[]"), []byte("[0]")}

// join appends what looks like a pair and is a piece of the value before: in
// order_id=&lt;ORDER_ID&gt; each & is the beginning of a character that was escaped for
// HTML. A value that was there already is continued by an opening bracket alone.
func (s *Set) join(p Param, key, val []byte) {
	key = undamaged(key)
	end := bytes.IndexByte(key, ';')
	if end < 0 || end > longestEntity {
		return
	}
	name := "&" + string(key[:end+1])
	text := html.UnescapeString(name)
	c, size := utf8.DecodeRuneInString(text)
	v := &s.values[p]
	if text == name || size < len(text) || c > '\u00a0' || len(v.bytes) > 0 && !v.joined && c != '<' && c != '{' && c != '[' {
		return
	}
	start := len(s.decoded)
	s.decoded = append(append(append(s.decoded, v.bytes...), text...), key[end+1:]...)
	if len(val) > 0 {
		s.decoded = append(append(s.decoded, '='), val...)
	}
	v.bytes, v.joined, s.open = trim(s.decoded[start:len(s.decoded):len(s.decoded)]), true, p
}

// longestEntity bounds the names of the characters that pages escape, as lbrace is.
const longestEntity = 8
