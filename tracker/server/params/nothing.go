package params

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// nothing are the words that programs print for a value that they do not have, in small
// letters, those that begin others first; the first two are of JavaScript. A 0 counts as
// nothing, too, but not where it means something: see Set.Blank.
var nothing = [][]byte{
	[]byte("undefined"), []byte("null"), []byte("none"), []byte("nil"), []byte("nanundefined"), []byte("nan"), []byte("n/a"), []byte("n.a"), []byte("na"),
	[]byte("void"), []byte("empty"), []byte("unset"), []byte("not set"), []byte("not_set"), []byte("notset"), []byte("unknown"), []byte("undef"), []byte("missing"),
	[]byte("false"), []byte("object object"), []byte("array"),
}

// Blank reports whether a value was sent for p that is a word for nothing: what was
// sent is one of programs' own words, or has neither a letter nor a digit but 0. Such a
// value gives way to a synonym. An amount of 0 is an amount, and goal_id=0 names the
// default goal.
func (s *Set) Blank(p Param) bool { return IsBlank(p, s.values[p].bytes) }

// Filled returns the value of p; nil if none was given, or a word for nothing.
func (s *Set) Filled(p Param) []byte {
	if s.Blank(p) {
		return nil
	}
	return s.values[p].bytes
}

// IsBlank is Set.Blank of a value that has its blanks around it still.
func IsBlank(p Param, value []byte) bool {
	if value = trim(value); len(value) == 0 || ordinary(value[0]) {
		return false
	}
	if empty, zero := hollow(value); empty {
		return !zero || p != Amount && p != GoalID
	}
	return isNothing(value)
}

// ordinary reports whether no value that begins so is a word for nothing.
func ordinary(c byte) bool {
	small := c | 0x20
	return '1' <= c && c <= '9' || 'a' <= small && small <= 'z' && strings.IndexByte("unvefoam", small) < 0
}

// isNothing reports whether a value is of words for nothing alone, once or again and
// again, in whatever quotes, brackets and lists: 'null', undefined,undefined.
func isNothing(value []byte) bool {
	value = bytes.TrimLeftFunc(value, sign)
	for len(value) > 0 {
		n := nothingLength(value)
		if n == 0 {
			return false
		}
		value = bytes.TrimLeftFunc(value[n:], sign)
	}
	return true
}

// nothingLength is the length of the word for nothing at the beginning of a value, 0 if
// there is none. Two words need something between them, but for undefinedundefined.
func nothingLength(value []byte) int {
	for _, i := range nothingBy[value[0]|0x20] {
		word := nothing[i]
		if len(value) < len(word) || value[1]|0x20 != word[1] || !bytes.EqualFold(value[:len(word)], word) {
			continue
		}
		next, size := utf8.DecodeRune(value[len(word):])
		if size == 0 || sign(next) || i == 0 {
			return len(word)
		}
	}
	return 0
}

// nothingBy are the indexes of the words for nothing by their first letter: each
// postback asks for a dozen values.
var nothingBy = func() (by [256][]int) {
	for i, word := range nothing {
		by[word[0]] = append(by[word[0]], i)
	}
	return by
}()

// hollow reports whether a value is of zeros and signs alone, as -, 0, '0', ??? and the
// GUID of zeros are, and whether a zero is among them.
func hollow(value []byte) (empty, zero bool) {
	for _, c := range value {
		if c != '0' && (c >= utf8.RuneSelf || !sign(rune(c))) {
			return false, false
		}
		zero = zero || c == '0'
	}
	return true, zero
}
