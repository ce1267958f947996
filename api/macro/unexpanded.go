package macro

import "strings"

// Unexpanded reports whether an inbound parameter still holds a macro that the sender
// should have replaced. That is the case when the whole value has the form of a macro
// in any common syntax ({amount}, {{order.id}}, ${sum}, #price#, <AMOUNT>), or when one
// of Waypost's names stands within it (ORDER-{order_id}). A macro that was escaped
// twice on its way, and so arrives as %7Bamount%7D, counts too: taken for an order id
// it would make every later order a duplicate. Such a postback is answered
// unexpanded_macro.
func Unexpanded(value string) bool {
	value = unescaped(value)
	if !strings.ContainsAny(value, "{#<") {
		return false
	}
	return isPlaceholder(value) || containsMacro(value)
}

// unescaped returns the value with the brackets that were escaped twice, or for HTML.
func unescaped(value string) string {
	if !strings.ContainsAny(value, "%&") {
		return value
	}
	return escapedBrackets.Replace(value)
}

var escapedBrackets = strings.NewReplacer(
	"%5B", "[", "%5b", "[", "%5D", "]", "%5d", "]", "%25", "%", "%7B", "{", "%7b", "{", "%7D", "}", "%7d", "}", "%3C", "<", "%3c", "<", "%3E", ">", "%3e", ">", "%23", "#", "%24", "$",
	"&lt;", "<", "&gt;", ">", "&#60;", "<", "&#62;", ">", "&#123;", "{", "&#125;", "}", "&#x7B;", "{", "&#x7D;", "}", "&#x7b;", "{", "&#x7d;", "}", "&quot;", `"`, "&#39;", "'",
)

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

// containsMacro reports whether value contains a macro of Waypost's, in any of its
// spellings.
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
