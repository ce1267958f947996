package macro

// Bind returns the template with those of its macros expanded that are bound: the
// ones whose values are the same for all visits that it will be used for. Both
// give the same URLs. All that Append reads of it lies together in memory.
func (t *Template) Bind(bound []Macro, values Values) *Template {
	b := binder{bound: setOf(bound...), values: values}
	b.prepare(t)
	path := b.section(t.path, escapeSegment)
	query := b.section(t.query, escape)
	fragment := b.section(t.fragment, escape)
	b.finish()

	result := *t
	result.used &^= b.bound
	result.path = b.parts[:path:path]
	result.query = b.parts[path:query:query]
	result.fragment = b.parts[query:fragment:fragment]
	return &result
}

// binder collects the parts of a bound template. Their literals are cut out of one
// string when it is complete.
type binder struct {
	bound  set
	values Values

	parts []part
	text  []byte
	ends  []int // in text, of the literal of each part
}

// prepare makes room for the parts, so that a template that is kept has none to spare.
func (b *binder) prepare(t *Template) {
	const sections = 3 // each may end with literal text
	n := sections
	for _, parts := range [sections][]part{t.path, t.query, t.fragment} {
		for _, p := range parts {
			if p.macro != none && !b.bound.has(p.macro) {
				n++
			}
		}
	}
	b.parts, b.ends = make([]part, 0, n), make([]int, 0, n)
	b.text = make([]byte, 0, len(t.source)+64) // values are usually about as long as their macros
}

// section adds parts, and returns how many there are now.
func (b *binder) section(parts []part, escape func(dst []byte, start int) []byte) int {
	begin, before := len(b.text), len(b.parts)
	for _, p := range parts {
		b.text = append(b.text, p.literal...)
		switch {
		case p.macro == none:
		case b.bound.has(p.macro):
			start := len(b.text)
			b.text = escape(b.values.AppendMacro(b.text, p.macro), start)
		default:
			b.add(p.macro)
			begin = len(b.text)
		}
	}
	// A section that has parts keeps one: deep links ask whether there are any.
	if len(b.text) > begin || len(b.parts) == before && len(parts) > 0 {
		b.add(none)
	}
	return len(b.parts)
}

func (b *binder) add(m Macro) {
	b.parts, b.ends = append(b.parts, part{macro: m}), append(b.ends, len(b.text))
}

func (b *binder) finish() {
	text, begin := string(b.text), 0
	for i, end := range b.ends {
		b.parts[i].literal = text[begin:end]
		begin = end
	}
}
