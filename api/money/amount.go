package money

// Amount is a sum of money in millionths of the currency's unit: "12.50" is
// 12_500_000. The currency stands beside it.
type Amount int64

// Percent is a percentage in hundred-thousandths of a percent: "25" (25 %) is
// 2_500_000.
type Percent int64
