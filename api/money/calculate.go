package money

import (
	"fmt"
	"math/bits"
)

// scale is what a product of millionths and hundred-thousandths of a percent is
// divided by to be millionths: 100,000 for the percent's unit and 100 for "per cent".
const scale = percentUnit * 100

// Calculate returns flat + sale*percent/100, rounded once, half to even, to a
// millionth. It counts in 128 bits, so no intermediate result overflows.
// A negative input or a result beyond Max is ErrRange.
func Calculate(flat, sale Amount, percent Percent) (Amount, error) {
	if flat < 0 || sale < 0 || percent < 0 {
		return 0, fmt.Errorf("%s + %s * %s %%: negative term: %w", flat, sale, percent, ErrRange)
	}
	// Both terms are at the scale of the product, so that the rounding sees the
	// exact sum: half to even depends on the parity of the whole.
	hi, lo := bits.Mul64(uint64(sale), uint64(percent))
	flatHi, flatLo := bits.Mul64(uint64(flat), scale)
	lo, carry := bits.Add64(lo, flatLo, 0)
	hi, _ = bits.Add64(hi, flatHi, carry)
	if hi >= scale {
		return 0, fmt.Errorf("%s + %s * %s %%: %w", flat, sale, percent, ErrRange)
	}
	quotient, remainder := bits.Div64(hi, lo, scale)
	if remainder > scale/2 || remainder == scale/2 && quotient%2 == 1 {
		quotient++
	}
	if quotient > uint64(Max) {
		return 0, fmt.Errorf("%s + %s * %s %%: %w", flat, sale, percent, ErrRange)
	}
	return Amount(quotient), nil
}
