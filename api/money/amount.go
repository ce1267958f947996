package money

import "fmt"

// Amount is a sum of money in millionths of the currency's unit: "12.50" is
// 12_500_000. The currency stands beside it.
//
// A configured or calculated amount is between 0 and Max. Totals and profits may
// lie outside: they use the whole of int64 and may be negative.
type Amount int64

// Percent is a percentage in hundred-thousandths of a percent: "25" (25 %) is
// 2_500_000.
type Percent int64

const (
	// Max is the largest amount that may be configured or calculated: 10 digits
	// before the point and 6 behind it.
	Max Amount = 9_999_999_999_999_999

	// MaxPercent is the largest percentage: 1000 %.
	MaxPercent Percent = 1000 * percentUnit

	amountUnit     = 1_000_000
	amountDecimals = 6

	percentUnit     = 100_000
	percentDecimals = 5
)

// Add returns a+b. It fails with ErrRange only where int64 does: a sum of many
// amounts may well be larger than Max.
func (a Amount) Add(b Amount) (Amount, error) {
	sum := a + b
	if (a >= 0) == (b >= 0) && (sum >= 0) != (a >= 0) {
		return 0, fmt.Errorf("adding %s and %s: %w", a, b, ErrRange)
	}
	return sum, nil
}

// Sub returns a-b, with the same bounds as Add.
func (a Amount) Sub(b Amount) (Amount, error) {
	difference := a - b
	if (a >= 0) != (b >= 0) && (difference >= 0) != (a >= 0) {
		return 0, fmt.Errorf("subtracting %s from %s: %w", b, a, ErrRange)
	}
	return difference, nil
}
