package figures

import (
	"cmp"
	"slices"
	"time"
)

// Figure is one measured value.
type Figure struct {
	// Name is also the key of the figure's bound.
	Name string
	// Unit follows the value: "ms", "MiB", "µs", "/s", or "" for a count.
	Unit  string
	Value float64
	// Reference was measured in the same run, in the same unit; Of names it.
	// An empty Of means that nothing was measured beside it.
	Reference float64
	Of        string
}

// Ratio is the value in relation to its reference, 0 without one.
func (f Figure) Ratio() float64 {
	if f.Reference == 0 {
		return 0
	}
	return f.Value / f.Reference
}

// Median is the middle of the values, 0 of none. It leaves them as they are.
func Median[T cmp.Ordered](values []T) T {
	return Percentile(values, 0.5)
}

// Percentile is the smallest value that at least a share of the values do not
// exceed, 0 of none.
func Percentile[T cmp.Ordered](values []T, share float64) T {
	var none T
	if len(values) == 0 {
		return none
	}
	sorted := slices.Sorted(slices.Values(values))
	n := int(share*float64(len(sorted)) + 0.999999)
	return sorted[min(max(n-1, 0), len(sorted)-1)]
}

// Milliseconds is a duration as figures have it.
func Milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
