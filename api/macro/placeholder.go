package macro

import (
	"regexp"
	"strings"
)

// forms are the ways in which systems write a blank to fill in, longer brackets
// first. A loose one is one whatever stands between its brackets, because nothing
// else looks so; in the others a word must stand there.
var forms = []struct {
	opening, closing string
	loose, capitals  bool
}{
	{"{{", "}}", true, false}, {"{%", "%}", true, false}, {"${", "}", true, false}, {"#{", "}", true, false}, {"%{", "}", true, false},
	{"@{", "}", true, false}, {"<%", "%>", true, false}, {"<?", "?>", true, false}, {"%%", "%%", true, false}, {"*|", "|*", true, false},
	{"[[", "]]", true, false}, {"{$", "}", true, false}, {"{!", "}", true, false}, {"$(", ")", true, false}, {"<=%", "%>", true, false},
	{"%(", ")s", true, false}, {"%(", ")d", true, false}, {"$<", ">", false, true},
	{"__", "__", false, false}, {"##", "##", false, false}, {"@@", "@@", false, false}, {"((", "))", false, false},
	{"{", "}", false, false}, {"[", "]", false, false}, {"#", "#", false, false}, {"%", "%", false, false}, {"<", ">", false, true},
}

// Placeholder reports whether a whole value is a blank that its sender should have
// filled in, in the forms of the common systems: {x}, {{x}}, ${x}, $x, [X], <X>, __X__,
// %%X%%, #x# and their like. x is a word: letters, with up to two digits behind them,
// in parts that dots, hyphens and underscores join. So {order_id}, [SUB1] and
// $order->id are blanks, and $12, A-1, [2024]-77, __1, <b> and a GUID in braces are
// not. Verbs of printf alone, as %s and %05d, and {1} are blanks too. Quotes and list marks
// around a blank do not hide it.
func Placeholder(value string) bool {
	if value == "" || letterOrDigit(value[0]) {
		return false
	}
	value = misread(unescaped(strings.Trim(value, " \t\r\n\"'`,;")))
	if verbs.MatchString(value) {
		return true
	}
	if rest, ok := strings.CutPrefix(value, "$"); ok && isVariable(rest) {
		return true
	}
	for _, f := range forms {
		inner, ok := strings.CutPrefix(value, f.opening)
		if !ok {
			continue
		}
		if inner, ok = strings.CutSuffix(inner, f.closing); !ok {
			continue
		}
		inner = strings.TrimSpace(inner)
		if f.loose && strings.ContainsFunc(inner, isLetter) || isWord(inner) && (!f.capitals || inner == strings.ToUpper(inner)) {
			return true
		}
	}
	return false
}

// verbs are printf's, with signs between them, and C#'s. A width of two digits was taken for an
// escape on the way: %05d arrives as the byte 5 and d.
var verbs = regexp.MustCompile(`^(?:[%\x01-\x1f][-+#0-9.*$']*(?:hh?|ll?|[Lqjzt])?[bcdeEfFgGiopqsTtuvxX@][-_./:|,;]*)+$|^\{[0-9]\}$`)

// isVariable reports whether a name is a variable's, of PHP or of a shell, or one of
// its fields: order_id, order->id, _GET[id].
func isVariable(name string) bool {
	if i := strings.IndexAny(name, "-["); i > 0 && (name[i] == '[' || strings.HasPrefix(name[i:], "->")) {
		name = name[:i]
	}
	return isWord(strings.TrimPrefix(name, "_"))
}

// isWord reports whether s is a word as Placeholder has it.
func isWord(s string) bool {
	letters, digits := 0, 0
	for i := range len(s) {
		switch c := s[i]; {
		case isLetter(rune(c)) && digits == 0:
			letters++
		case '0' <= c && c <= '9' && letters > 0 && digits < 2:
			digits++
		case (c == '_' || c == '-' || c == '.') && letters > 0:
			letters, digits = 0, 0
		default:
			return false
		}
	}
	return letters > 0 && len(s) <= maxName
}

func isLetter(c rune) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }

func letterOrDigit(c byte) bool { return isLetter(rune(c)) || '0' <= c && c <= '9' }

// misread gives back the % and two letters that a request's decoding took for an
// escape: %%ACTION_ID%% arrives as %, the byte AC and TION_ID%%.
func misread(value string) string {
	for i := 0; i < 2 && i < len(value); i++ {
		if c := value[i]; c >= 0x80 && strings.HasSuffix(value, "%") {
			return value[:i] + "%" + upperHex[c>>4:c>>4+1] + upperHex[c&15:c&15+1] + value[i+1:]
		}
	}
	return value
}
