package macro

import (
	"errors"
	"fmt"
)

var (
	// ErrUnknown reports that a template uses a macro that does not exist, or not there.
	ErrUnknown = errors.New("unknown macro")

	// ErrClickID reports that an impression destination asks for a click id, under
	// any of its names.
	ErrClickID = errors.New("an impression has no click id")

	// ErrURL reports that a template is no absolute http or https URL that can be
	// sent as it is.
	ErrURL = errors.New("not a usable URL")
)

// check returns the error for a macro that the vocabulary does not have.
func (v Vocabulary) check(m Macro, written string) error {
	switch {
	case v.Has(m):
		return nil
	case v == Impression && m == ClickID:
		return fmt.Errorf("%s: %w; use {aimp_id}, the id of the impression", written, ErrClickID)
	}
	return fmt.Errorf("%w %s: it exists in %s, not in %s", ErrUnknown, written, elsewhere(m), v)
}

// unknown returns the error for a name that is no macro at all.
func (v Vocabulary) unknown(name, written string) error {
	if meant := similar(name, known[v]); meant != "" {
		return fmt.Errorf("%w %s: did you mean {%s}?", ErrUnknown, written, meant)
	}
	return fmt.Errorf("%w %s in %s; write %s", ErrUnknown, written, v, literal(written))
}

// literal returns how to write the characters around a name that is no macro.
func literal(written string) string {
	switch written[0] {
	case '#':
		return "%23 for # where it is no macro"
	case '<':
		return "%3C and %3E for < and > that are no macro"
	}
	return "%7B and %7D for braces that are no macro"
}
