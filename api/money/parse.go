package money

import (
	"fmt"
	"math/big"
	"strings"

	"github.com/shopspring/decimal"
)

// saleDigits is how many digits a sale amount in a postback may have before the
// point (docs/rules.md, "Parameters").
const saleDigits = 9

// Parse reads a configured amount such as "12.50": 1 to 10 digits, then
// optionally a point and 1 to 6 digits. No sign, exponent, comma or space.
// The error wraps ErrSyntax or ErrRange and shows how to write it.
func Parse(s string) (Amount, error) {
	n, err := parse(s, 10, amountDecimals)
	if err != nil {
		return 0, fmt.Errorf("amount %.40q: %w; write up to 10 digits and 6 decimals, such as 12.50", s, err)
	}
	return Amount(n), nil
}

// ParseSale reads the sale amount of a postback, in whole units before the
// point: [0-9]{1,9}(\.[0-9]{1,6})?. "100" is a hundred, never cents.
// Every error is a bad_amount.
func ParseSale(s string) (Amount, error) {
	n, err := parse(s, saleDigits, amountDecimals)
	if err != nil {
		return 0, fmt.Errorf("sale amount %.40q: %w; send up to 9 digits and 6 decimals, such as 100.00", s, err)
	}
	return Amount(n), nil
}

// ParsePercent reads a percentage such as "25" or "7.5": at most 1000, with up
// to 5 decimals.
func ParsePercent(s string) (Percent, error) {
	n, err := parse(s, 4, percentDecimals)
	if err != nil {
		return 0, fmt.Errorf("percent %.40q: %w; write up to 5 decimals, such as 22.5", s, err)
	}
	if Percent(n) > MaxPercent {
		return 0, fmt.Errorf("percent %q: more than 1000: %w", s, ErrRange)
	}
	return Percent(n), nil
}

// parse reads s as a whole number of units of 10^-decimals.
func parse(s string, digits, decimals int) (int64, error) {
	n, err := units(s, digits, decimals)
	if err != nil {
		return 0, err
	}
	return n.Int64(), nil // at most 16 digits
}

// parseSigned reads what Amount.String writes, totals and negative ones included.
func parseSigned(s string) (Amount, error) {
	text, negative := strings.CutPrefix(s, "-")
	n, err := units(text, 13, amountDecimals)
	if err != nil {
		return 0, err
	}
	if negative {
		n.Neg(n)
	}
	if !n.IsInt64() {
		return 0, fmt.Errorf("%w: more than 64 bits of millionths", ErrRange)
	}
	return Amount(n.Int64()), nil
}

// units reads an unsigned decimal number in units of 10^-decimals.
func units(s string, digits, decimals int) (*big.Int, error) {
	if err := checkForm(s, digits, decimals); err != nil {
		return nil, err
	}
	d, err := decimal.NewFromString(s)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSyntax, err)
	}
	return d.Shift(int32(decimals)).BigInt(), nil
}

// checkForm holds s against [0-9]{1,digits}(\.[0-9]{1,decimals})?. It runs
// before the decimal library, which also takes signs and exponents.
func checkForm(s string, digits, decimals int) error {
	whole, fraction, point := strings.Cut(s, ".")
	switch {
	case !allDigits(whole), point && !allDigits(fraction):
		return ErrSyntax
	case len(fraction) > decimals:
		return fmt.Errorf("%w: more than %d decimals", ErrSyntax, decimals)
	case len(whole) > digits:
		return fmt.Errorf("%w: more than %d digits before the point", ErrRange, digits)
	}
	return nil
}

// allDigits reports whether s is one ASCII digit or more, and nothing else.
func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}
