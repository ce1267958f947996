package figures

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Bound is what a figure must keep to.
type Bound struct {
	// Of is what is compared: the "value" or its "ratio" to the reference.
	Of string `json:"of"`
	// Min and Max are the bounds: beyond them the benchmark fails.
	Min *float64 `json:"min,omitempty"`
	Max *float64 `json:"max,omitempty"`
	// Aim is stricter than the bound, on its side; missing it is printed, and no failure.
	Aim *float64 `json:"aim,omitempty"`
	// Others is what is known of others, and is printed beside the figure.
	Others string `json:"others,omitempty"`
	// Runs are the measurements that justify the bound: when, where, how much.
	Runs []string `json:"runs"`
}

// Bounds are bounds by the names of figures.
type Bounds map[string]Bound

// ParseBounds reads a bounds.json. Unknown fields and bounds that compare nothing
// are errors, so that a slip of the pen does not switch a check off.
func ParseBounds(data []byte) (Bounds, error) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	var all Bounds
	if err := decoder.Decode(&all); err != nil {
		return nil, fmt.Errorf("reading the bounds: %w", err)
	}
	for name, b := range all {
		if b.Of != "value" && b.Of != "ratio" {
			return nil, fmt.Errorf("bound of %q: of is %q, must be value or ratio", name, b.Of)
		}
		if b.Min == nil && b.Max == nil {
			return nil, fmt.Errorf("bound of %q has neither min nor max", name)
		}
	}
	return all, nil
}

// verdict compares a figure with its bound.
type verdict int

const (
	unbound verdict = iota
	reached         // the aim too, where there is one
	held            // the bound, not the aim
	missed
)

func (v verdict) String() string { return [...]string{"", "ok", "below aim", "MISSED"}[v] }

// judge returns the verdict on a figure. A bound on a ratio is missed where there is no
// reference: nothing was compared.
func (b Bound) judge(f Figure) verdict {
	v := b.compared(f)
	if (b.Min != nil && v < *b.Min) || (b.Max != nil && v > *b.Max) || (b.Of == "ratio" && f.Reference == 0) {
		return missed
	}
	if b.Aim != nil && (b.Min != nil && v < *b.Aim || b.Max != nil && v > *b.Aim) {
		return held
	}
	return reached
}

// compared returns what the bound is about: the value, or its ratio.
func (b Bound) compared(f Figure) float64 {
	if b.Of == "ratio" {
		return f.Ratio()
	}
	return f.Value
}
