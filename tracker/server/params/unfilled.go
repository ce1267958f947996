package params

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/waypost/waypost/api/macro"
)

// IsPlain reports whether a value is so evidently filled in that neither IsName nor
// HoldsName nor a form of macro can apply, so that they need not be asked: it is of
// letters, digits, dots, hyphens and single underscores, and longer than every name, or
// a digit begins a word of it, or a name may be a value of p. The end of an order id is a
// digit, too. Nearly all values are plain.
func IsPlain(p Param, value []byte) bool {
	if len(value) == 0 {
		return false
	}
	last := value[len(value)-1]
	if p == OrderID && (last < '0' || last > '9') {
		return false
	}
	unlike := len(value) > longestPhrase || inWord[value[0]] && inWord[last] && mayBeWord(p, value)
	before := byte('_')
	for i, c := range value {
		if !inWord[c] && (c != '_' && c != '-' && c != '.' || c == '_' && before == '_' && i > 0) {
			return false
		}
		unlike = unlike || '0' <= c && c <= '9' && !inWord[before]
		before = c
	}
	return unlike
}

// inWord are the bytes of words.
var inWord = func() (in [256]bool) {
	for _, c := range []byte("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") {
		in[c] = true
	}
	return in
}()

// IsName reports whether a value is the name of a parameter or a macro, where something
// was to be filled in: :order_id, (order_id), YOUR-ORDER-ID. Case,
// signs around the name and between its words make no difference. A name without signs
// around it is one only for parameters that no such value is good for: goals, offers
// and partners may well be called order.
func IsName(p Param, value []byte) bool {
	word := bytes.TrimFunc(value, sign)
	bare := len(word) == len(value)
	if len(word) == 0 || len(word) > longestPhrase || bare && mayBeWord(p, word) {
		return false
	}
	var room [longestPhrase]byte
	plain, ok := joined(room[:0], word)
	if !ok {
		return false
	}
	for {
		if alone, known := words[string(plain)]; known {
			return alone || !bare
		}
		rest := withoutFiller(plain)
		if len(rest) == len(plain) {
			return false
		}
		plain = rest
	}
}

// HoldsName reports whether a blank stands within a value, with something fixed before or
// behind it: EU-[ORDER_ID], __ORDER_ID__-1, {{order.id}}-EU.
// The brackets are of a macro, and a known name is in them, or one with a dot in {{}} or
// ${}. Of an order id, EU-undefined is one too: a program's word for nothing.
func HoldsName(p Param, value []byte) bool {
	for i, c := range value {
		var closing []byte
		switch c {
		case '[', '{', '<', '%', '#', '@':
			closing = closings[c]
		case '_':
			if bytes.HasPrefix(value[i:], underscores) {
				closing, i = underscores, i+1
			}
		}
		if closing == nil {
			continue
		}
		if name, _, ok := bytes.Cut(value[i+1:], closing); ok && isBlankName(name, i > 0 && (value[i-1] == '{' || value[i-1] == '$')) {
			return true
		}
	}
	return p == OrderID && endsInNothing(value)
}

var (
	underscores = []byte("__")
	closings    = ['{' + 1][]byte{'[': []byte("]"), '{': []byte("}"), '<': []byte(">"), '%': []byte("%"), '#': []byte("#"), '@': []byte("@")}
)

// isBlankName reports whether the text between two brackets is a known name, or, where
// dotted ones count, one with a dot.
func isBlankName(text []byte, dotted bool) bool {
	text = trim(text)
	var room [longestPhrase]byte
	if len(text) < 3 || len(text) > longestPhrase || sign(rune(text[0])) && text[0] != '_' {
		return false
	}
	plain, ok := joined(room[:0], text)
	if !ok {
		return false
	}
	_, known := words[string(plain)]
	return known || dotted && bytes.IndexByte(text, '.') > 0
}

// endsInNothing reports whether a word that programs print for nothing stands at the end,
// behind a sign and something else. Case tells Python's None and NaN from words.
func endsInNothing(value []byte) bool {
	i := bytes.LastIndexFunc(value, sign)
	if i <= 0 {
		return false
	}
	switch word := value[i+1:]; string(word) {
	case "None", "NaN":
		return true
	default:
		return bytes.EqualFold(word, nothing[0]) || bytes.EqualFold(word, nothing[1])
	}
}

// mayBeWord reports whether a name may be a value of p that means itself.
func mayBeWord(p Param, word []byte) bool {
	switch p {
	case Offer, Partner, Goal, GoalID, GoalName, GoalRef, Test:
		return true
	case Currency:
		return len(word) == 3
	}
	return false
}

// words are the known names in small letters, without the signs between their parts. A
// name of one part with a number, as sub1 is, does not stand alone: SUB1 may be an order.
var words = dictionary()

// What shops and networks call an order and its number beside the names of tables and
// macros.
const (
	orders  = "order transaction trans txn tx action conversion click event lead sale purchase payment invoice booking reservation cart checkout"
	numbers = "id no nr num number ref reference code"
)

// dictionary leaves out what is too short to be meant as a name, and test, which is
// what tests are called.
func dictionary() map[string]bool {
	names := append(macro.Names(), "order", "transaction", "value", "replace_me")
	for _, t := range []*Table{Clicks(), CakeClicks(), Impressions(), GoalPostbacks()} {
		for name := range t.names {
			names = append(names, name)
		}
	}
	for _, order := range strings.Fields(orders) {
		for _, number := range strings.Fields(numbers) {
			names = append(names, order+number)
		}
	}
	known := make(map[string]bool, len(names))
	for _, name := range names {
		plain, _ := joined(nil, []byte(name))
		numbered := strings.ContainsAny(name, "0123456789")
		if len(plain) > 2 || len(plain) == 2 && !numbered {
			known[string(plain)] = known[string(plain)] || !numbered || strings.Contains(name, "_")
		}
	}
	delete(known, "test")
	return known
}

// longestPhrase bounds a name with its fillers; click ids are longer.
const longestPhrase = 40

// joined appends the letters of a phrase to room, in small letters and without the signs
// between its words, and the digits that follow a letter at once: sub-1 is not sub1. It
// reports false for what cannot be a name.
func joined(room, phrase []byte) ([]byte, bool) {
	between := true
	for _, c := range phrase {
		switch small := c | 0x20; {
		case 'a' <= small && small <= 'z':
			room = append(room, small)
		case '0' <= c && c <= '9' && !between:
			room = append(room, c)
		case c >= utf8.RuneSelf || '0' <= c && c <= '9':
			return nil, false
		default:
			between = true
			continue
		}
		between = false
	}
	return room, true
}

// fillers stand before and behind a name in examples: INSERT_YOUR_ORDER_ID_HERE.
var fillers = struct{ before, behind [][]byte }{
	bytes.Fields([]byte("your insert my the enter put add replace with our this unique shop merchant client customer external dynamic example ga checkout")),
	bytes.Fields([]byte("here value placeholder macro param parameter")),
}

// withoutFiller cuts one filler off.
func withoutFiller(name []byte) []byte {
	for _, filler := range fillers.before {
		if rest, ok := bytes.CutPrefix(name, filler); ok {
			return rest
		}
	}
	for _, filler := range fillers.behind {
		if rest, ok := bytes.CutSuffix(name, filler); ok {
			return rest
		}
	}
	return name
}

// sign reports whether a character is neither a letter nor a digit, in any script.
func sign(r rune) bool {
	return r != utf8.RuneError && !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.IsMark(r)
}
