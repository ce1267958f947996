package macro

import (
	"fmt"
	"strings"
)

// MaxLength is how long a template may be, in bytes.
const MaxLength = 2048

// Parse reads an absolute http or https URL with macros in its path, query or fragment.
// The error wraps ErrUnknown, ErrClickID or ErrURL and names what to write instead.
//
// Braces and angle brackets are no URL characters: one that begins or ends no macro is
// refused, never sent as it is; the characters themselves are written %7B, %7D, %3C and
// %3E. A "#" begins a macro when a name and another "#" follow; else it begins the
// fragment. Spaces, quotes and letters outside ASCII are percent-encoded as a browser
// would.
func Parse(url string, v Vocabulary) (*Template, error) {
	if int(v) >= len(known) {
		return nil, fmt.Errorf("vocabulary %d does not exist", v)
	}
	if len(url) > MaxLength {
		return nil, fmt.Errorf("%w: longer than %d bytes", ErrURL, MaxLength)
	}
	origin, rest, err := splitOrigin(url)
	if err != nil {
		return nil, err
	}
	prefix, host, err := origin.check()
	if err != nil {
		return nil, err
	}
	p := parser{rest: rest, vocabulary: v}
	p.literal.WriteString(prefix)
	t := &Template{source: url, host: host}
	if err := p.run(t); err != nil {
		return nil, err
	}
	return t, nil
}

// parser reads what follows the host.
type parser struct {
	rest       string
	vocabulary Vocabulary
	literal    strings.Builder
	used       set
}

// run fills the template in: the path, then what each separator begins.
func (p *parser) run(t *Template) error {
	end, parts, err := p.section("?#")
	t.path = parts
	if err == nil && end == '?' {
		t.hasQuery = true
		end, t.query, err = p.section("#")
	}
	if err == nil && end == '#' {
		t.hasFragment = true
		_, t.fragment, err = p.section("")
	}
	t.used = p.used
	return err
}

// section reads parts up to one of the separators, which it consumes and
// returns, or to the end of the URL, where it returns 0.
func (p *parser) section(separators string) (end byte, parts []part, err error) {
	for p.rest != "" {
		m, err := p.macro()
		if err != nil {
			return 0, nil, err
		}
		if m != none {
			parts = append(parts, part{literal: p.take(), macro: m})
			p.used |= setOf(m)
			continue
		}
		c := p.rest[0]
		if strings.IndexByte(separators, c) >= 0 {
			p.rest = p.rest[1:]
			return c, p.finish(parts), nil
		}
		if err := p.character(c); err != nil {
			return 0, nil, err
		}
	}
	return 0, p.finish(parts), nil
}

// take returns the literal text read so far and begins anew.
func (p *parser) take() string {
	s := p.literal.String()
	p.literal.Reset()
	return s
}

// finish adds the literal text that no macro follows.
func (p *parser) finish(parts []part) []part {
	if p.literal.Len() == 0 {
		return parts
	}
	return append(parts, part{literal: p.take()})
}

// macro consumes a macro at the beginning of what is left; none if there is none.
func (p *parser) macro() (Macro, error) {
	found, ok := scan(p.rest)
	if !ok {
		return none, nil
	}
	m := found.lookUp()
	if m == none {
		return none, p.vocabulary.unknown(found.name, found.written)
	}
	p.rest = p.rest[len(found.written):]
	return m, p.vocabulary.check(m, found.written)
}

// character consumes one literal character.
func (p *parser) character(c byte) error {
	switch {
	case c < ' ' || c == 0x7f:
		return fmt.Errorf("%w: it contains a control character or line break", ErrURL)
	case strings.IndexByte("{}<>#", c) >= 0:
		return fmt.Errorf("%w: the %q at %.20q belongs to no macro; write %%%02X if you mean the character", ErrURL, c, p.rest, c)
	case c == '%' && !hexPair(p.rest[1:]):
		return fmt.Errorf("%w: the %% at %.20q is followed by no two hexadecimal digits; write %%25 if you mean the character", ErrURL, p.rest)
	case c >= 0x80 || strings.IndexByte(" \"\\^`|", c) >= 0:
		p.literal.Write([]byte{'%', upperHex[c>>4], upperHex[c&15]})
	default:
		p.literal.WriteByte(c)
	}
	p.rest = p.rest[1:]
	return nil
}

// hexPair reports whether s begins with two hexadecimal digits.
func hexPair(s string) bool { return len(s) >= 2 && isHex(s[0]) && isHex(s[1]) }

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}
