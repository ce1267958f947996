package macro

import "strings"

// maxName bounds what is taken for the name of a macro.
const maxName = 64

// spelling is a macro as it stands in a text.
type spelling struct {
	written string // with its brackets
	name    string
	open    byte
}

// scan reads one macro-like spelling, known or not, at the beginning of s.
func scan(s string) (spelling, bool) {
	if s == "" {
		return spelling{}, false
	}
	var closing byte
	switch s[0] {
	case '{':
		closing = '}'
	case '#':
		closing = '#'
	case '<':
		closing = '>'
	default:
		return spelling{}, false
	}
	length := nameLength(s[1:])
	if length == 0 || length > maxName || len(s) < length+2 || s[length+1] != closing {
		return spelling{}, false
	}
	return spelling{written: s[:length+2], name: s[1 : length+1], open: s[0]}, true
}

// nameLength returns how many bytes at the beginning of s look like a name.
func nameLength(s string) int {
	for i := range min(len(s), maxName+1) {
		if c := s[i]; !unreserved(c) || c == '~' {
			return i
		}
	}
	return min(len(s), maxName+1)
}

// lookUp finds the macro; none if there is no such one.
func (s spelling) lookUp() Macro {
	switch s.open {
	case '{':
		return byName[s.name]
	case '#':
		return byHash[s.name]
	}
	return byAngle[s.name]
}

// placeholder reports whether the spelling looks like a macro of any system: a word
// (see Placeholder), in angle brackets in capitals only, as <AMOUNT>, so that <b>
// passes.
func (s spelling) placeholder() bool {
	return isWord(s.name) && (s.open != '<' || s.name == strings.ToUpper(s.name))
}
