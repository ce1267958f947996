package compile

import (
	"errors"
	"regexp"
	"slices"
	"unicode/utf8"

	"github.com/waypost/waypost/api/macro"
	"github.com/waypost/waypost/api/v1alpha1"
)

// Bounds of the schema, checked again for objects that did not pass it.
const (
	maxTitle      = 128 // titles, names of list entries, tiers, reference ids
	maxName       = 253
	maxTrackingID = 128
	maxSlug       = 128
	maxGoalValue  = 64
)

// Patterns of the schema. Go's regexp is linear in its input, and the length is
// checked first.
var (
	namePattern     = regexp.MustCompile(`^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$`)
	urlSafePattern  = regexp.MustCompile(`^[A-Za-z0-9._~-]+$`) // tracking ids and slugs
	goalPattern     = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)
	currencyPattern = regexp.MustCompile(`^[A-Z]{3}$`)
	hostPattern     = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$`)
)

// text checks a free text. Lengths are characters, as in the schema.
func (f *findings) text(at *path, value string, limit int) string {
	switch {
	case !utf8.ValidString(value):
		f.invalid(at, "not UTF-8: write it again")
	case len(value) > limit && utf8.RuneCountInString(value) > limit:
		f.invalid(at, "longer than %d characters: shorten it", limit)
	}
	return value
}

// required checks a free text that must not be empty.
func (f *findings) required(at *path, value string, limit int) string {
	if value == "" {
		f.invalid(at, "missing: write one")
	}
	return f.text(at, value, limit)
}

// matching checks a text against a pattern; what is the description of the valid form
// in the message.
func (f *findings) matching(at *path, value string, limit int, pattern *regexp.Regexp, what string) string {
	if len(value) > limit || !pattern.MatchString(value) {
		f.invalid(at, "%.64q is no %s of at most %d characters", value, what, limit)
	}
	return value
}

// name checks the name of another object.
func (f *findings) name(at *path, value string) string {
	return f.matching(at, value, maxName, namePattern, "object name (lower case letters, digits, \"-\" and \".\")")
}

// names checks a list of object names, and returns them sorted and each once.
func (f *findings) names(at *path, list []string, limit int) []string {
	if len(list) == 0 {
		return nil
	}
	f.atMost(at, len(list), limit)
	for i, name := range list {
		f.name(at.at(i), name)
	}
	sorted := slices.Clone(list)
	slices.Sort(sorted)
	return slices.Compact(sorted)
}

// atMost checks the length of a list.
func (f *findings) atMost(at *path, length, limit int) {
	if length > limit {
		f.invalid(at, "%d entries, at most %d are possible: spread them over several objects or remove some", length, limit)
	}
}

// once notes a second entry of a list with the same name.
func (f *findings) once(at *path, seen map[string]bool, what, name string) {
	if seen[name] {
		f.invalid(at.dot("name"), "%s %.64q is there twice: give each its name", what, name)
	}
	seen[name] = true
}

// part returns an optional part of a spec, the zero value for an absent one.
func part[T any](p *T) (value T) {
	if p != nil {
		value = *p
	}
	return value
}

// url checks a URL with the macros of a vocabulary; "" stays "".
func (f *findings) url(at *path, url v1alpha1.URL, vocabulary macro.Vocabulary) string {
	if url == "" {
		return ""
	}
	if !utf8.ValidString(string(url)) {
		f.invalid(at, "not UTF-8: write it again")
	} else if _, err := macro.Parse(string(url), vocabulary); err != nil {
		f.problem(macroReason(err), at, "%v", err)
	}
	return string(url)
}

// requiredURL is url for a URL that must not be empty.
func (f *findings) requiredURL(at *path, url v1alpha1.URL, vocabulary macro.Vocabulary) string {
	if url == "" {
		f.invalid(at, "missing: write an absolute URL, such as https://shop.example/")
	}
	return f.url(at, url, vocabulary)
}

// macroReason distinguishes a macro that is not possible here from a text that is no
// URL.
func macroReason(err error) string {
	if errors.Is(err, macro.ErrUnknown) || errors.Is(err, macro.ErrClickID) {
		return v1alpha1.ReasonUnknownMacro
	}
	return v1alpha1.ReasonInvalid
}

// currency checks a currency code; "" stays "".
func (f *findings) currency(at *path, currency v1alpha1.Currency) string {
	if currency != "" && !currencyPattern.MatchString(string(currency)) {
		f.invalid(at, "%.16q is no currency: write three capitals, such as USD", string(currency))
	}
	return string(currency)
}

// between checks a number against the bounds of the schema.
func (f *findings) between(at *path, value, low, high int32) int32 {
	if value < low || value > high {
		f.invalid(at, "%d is not between %d and %d", value, low, high)
	}
	return value
}

// choice is a word of an enum and what it means in a record.
type choice[W ~string, M any] struct {
	word  W
	means M
}

// choose returns what a word means. An absent word is the first, the default.
func choose[W ~string, M any](f *findings, at *path, word W, choices []choice[W, M]) M {
	if word == "" {
		return choices[0].means
	}
	for _, c := range choices {
		if c.word == word {
			return c.means
		}
	}
	words := ""
	for i, c := range choices {
		if i > 0 {
			words += ", "
		}
		words += string(c.word)
	}
	f.invalid(at, "%.32q is not one of %s", string(word), words)
	return choices[0].means
}

// Choices between Enabled and Disabled, by which is the default. The meaning is
// whether it is Enabled.
var (
	normallyEnabled  = []choice[v1alpha1.Toggle, bool]{{v1alpha1.Enabled, true}, {v1alpha1.Disabled, false}}
	normallyDisabled = []choice[v1alpha1.Toggle, bool]{{v1alpha1.Disabled, false}, {v1alpha1.Enabled, true}}
)
