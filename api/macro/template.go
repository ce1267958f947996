package macro

// Values gives the values of macros. AppendMacro appends the raw value of m to
// dst and returns it; the template does the encoding. A macro that has no value
// appends nothing.
type Values interface {
	AppendMacro(dst []byte, m Macro) []byte
}

// Template is a parsed URL. It is immutable and may be used concurrently.
type Template struct {
	source string
	host   string
	used   set
	// The parts of scheme, host and path; of the query without its "?"; of the
	// fragment without its "#".
	path, query, fragment []part
	hasQuery, hasFragment bool
}

// part is literal text, ready to send, followed by a macro or by none.
type part struct {
	literal string
	macro   Macro
}

// String returns the template as it was written.
func (t *Template) String() string { return t.source }

// Host returns the host without its port: lower case, in ASCII (punycode), IPv6
// without brackets.
func (t *Template) Host() string { return t.host }

// Uses reports whether m occurs in the template, under any of its names.
func (t *Template) Uses(m Macro) bool { return t.used.has(m) }

// Macros lists the macros that occur, each once, in the order of the constants.
func (t *Template) Macros() []Macro {
	var list []Macro
	for m := none + 1; m < macros; m++ {
		if t.used.has(m) {
			list = append(list, m)
		}
	}
	return list
}

// Append appends the URL with all macros expanded. It allocates nothing beyond
// the growth of dst.
func (t *Template) Append(dst []byte, values Values) []byte {
	dst = appendPath(dst, t.path, values)
	if t.hasQuery {
		dst = appendParts(append(dst, '?'), t.query, values)
	}
	return t.appendFragment(dst, values)
}

// AppendWithQuery is Append with the expanded query of another template added to
// this one's: a deep link gets the parameters of the offer's destination.
func (t *Template) AppendWithQuery(dst []byte, values Values, other *Template) []byte {
	dst = appendPath(dst, t.path, values)
	if t.hasQuery || len(other.query) > 0 {
		dst = appendParts(append(dst, '?'), t.query, values)
	}
	if len(t.query) > 0 && len(other.query) > 0 {
		dst = append(dst, '&')
	}
	return t.appendFragment(appendParts(dst, other.query, values), values)
}

// appendFragment appends "#" and what follows it, if the template has it.
func (t *Template) appendFragment(dst []byte, values Values) []byte {
	if t.hasFragment {
		dst = appendParts(append(dst, '#'), t.fragment, values)
	}
	return dst
}

// appendParts expands parts of a query or a fragment.
func appendParts(dst []byte, parts []part, values Values) []byte {
	for i := range parts {
		dst = append(dst, parts[i].literal...)
		if parts[i].macro != none {
			start := len(dst)
			dst = escape(values.AppendMacro(dst, parts[i].macro), start)
		}
	}
	return dst
}

// appendPath expands the parts of a path, where dots need care too.
func appendPath(dst []byte, parts []part, values Values) []byte {
	for i := range parts {
		dst = append(dst, parts[i].literal...)
		if parts[i].macro != none {
			start := len(dst)
			dst = escapeSegment(values.AppendMacro(dst, parts[i].macro), start)
		}
	}
	return dst
}
