package params

import "strings"

// nothing are the words that programs print for a value that they do not have, in
// small letters. A 0 and its like are none where they mean something: see Set.Blank.
var nothing = map[string]bool{
	"undefined": true, "null": true, "(null)": true, "<null>": true, "[null]": true, "none": true, "nil": true, "<nil>": true, "nan": true,
	"n/a": true, "na": true, "#n/a": true, "n.a.": true, "void": true, "empty": true, "(empty)": true, "unset": true, "not set": true,
	"(not set)": true, "(none)": true, "unknown": true, "false": true, "[object object]": true, "array": true, "{}": true, "[]": true,
	`""`: true, "''": true, `"null"`: true, `"undefined"`: true, "undefinedundefined": true,
}

// longestNothing bounds the words of nothing.
const longestNothing = len("undefinedundefined")

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
	if value = trim(value); len(value) == 0 {
		return false
	}
	if empty, zero := hollow(value); empty {
		return !zero || p != Amount && p != GoalID
	}
	if len(value) > longestNothing {
		return false
	}
	var room [longestNothing]byte
	for i, c := range value {
		if 'A' <= c && c <= 'Z' {
			c |= 0x20
		}
		room[i] = c
	}
	return nothing[string(room[:len(value)])]
}

// hollow reports whether a value is of zeros and signs alone, as -, 0, 0.00, ??? and
// the GUID of zeros are, and whether a zero is among them.
func hollow(value []byte) (empty, zero bool) {
	for _, c := range value {
		if c != '0' && strings.IndexByte("-_.,?*:/", c) < 0 {
			return false, false
		}
		zero = zero || c == '0'
	}
	return true, zero
}
