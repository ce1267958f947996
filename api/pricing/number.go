package pricing

import (
	"strings"

	"github.com/shopspring/decimal"
)

// maxNumber bounds how long a number in a condition or a field may be; longer
// text is text.
const maxNumber = 128

// isNumber reports whether s is a decimal number to a condition: an optional
// minus, digits, and optionally a point and digits. No exponent (a short text
// could then stand for a number of a million digits), space or comma. The
// compiler holds the values of numeric operators against it.
func isNumber(s string) bool {
	if len(s) > maxNumber {
		return false
	}
	whole, fraction, point := strings.Cut(strings.TrimPrefix(s, "-"), ".")
	return digits(whole) && (!point || digits(fraction))
}

// number reads a decimal number.
func number(s string) (decimal.Decimal, bool) {
	if !isNumber(s) {
		return decimal.Decimal{}, false
	}
	d, err := decimal.NewFromString(s)
	return d, err == nil
}

// digits reports whether s is one ASCII digit or more and nothing else.
func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}
