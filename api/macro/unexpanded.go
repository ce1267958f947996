package macro

import "strings"

// Unexpanded reports whether an inbound parameter still holds a macro that the
// sender should have replaced: the whole value looks like one of anybody's
// ({amount}, {{order.id}}, ${sum}, #price#, <AMOUNT>), or one of Waypost's names
// stands within it (ORDER-{order_id}). Such a postback is answered
// unexpanded_macro.
func Unexpanded(value string) bool {
	if !strings.ContainsAny(value, "{#<") {
		return false
	}
	return isPlaceholder(value) || containsMacro(value)
}

// isPlaceholder looks at the whole value.
func isPlaceholder(value string) bool {
	value = strings.TrimSpace(value)
	if inner, ok := strings.CutPrefix(value, "{{"); ok {
		value = "{" + strings.TrimSpace(strings.TrimSuffix(inner, "}}")) + "}"
	}
	value = strings.TrimPrefix(value, "$")
	found, ok := scan(value)
	return ok && found.written == value && found.placeholder()
}

// containsMacro looks for a name that Waypost knows.
func containsMacro(value string) bool {
	for {
		i := strings.IndexAny(value, "{#<")
		if i < 0 {
			return false
		}
		value = value[i:]
		if found, ok := scan(value); ok && found.lookUp() != none {
			return true
		}
		value = value[1:]
	}
}
