package main

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// figure is one measured value: milliseconds, seconds, MiB, percent or a count.
type figure struct {
	name  string // also the key of its bound
	value float64
	unit  string // "ms", "s", "MiB", "%", or "" for a count
}

// format prints a value in the figure's unit, so that a bound reads like what it bounds.
func (f figure) format(value float64) string {
	switch f.unit {
	case "ms", "MiB", "%":
		return fmt.Sprintf("%.0f %s", value, f.unit)
	case "s":
		return fmt.Sprintf("%.1f s", value)
	}
	return fmt.Sprintf("%.4g", value)
}

// bound is what a figure must not exceed, and what others reach.
type bound struct {
	// Max is in the figure's unit; 0 bounds nothing.
	Max float64 `json:"max"`
	// Others is what is published of comparable systems, for the table.
	Others string `json:"others"`
	// Runs are measurements that justify the bound.
	Runs string `json:"runs"`
}

//go:embed bounds.json
var boundsFile []byte

// readBounds returns the bounds by the names of figures. They are part of the program, so
// that it can be run from any directory.
func readBounds() (map[string]bound, error) {
	var known map[string]bound
	if err := json.Unmarshal(boundsFile, &known); err != nil {
		return nil, fmt.Errorf("bounds.json: %w", err)
	}
	return known, nil
}

// percentile returns the value below which a share of the durations lies, in
// milliseconds.
func percentile(durations []time.Duration, share float64) float64 {
	sorted := slices.Sorted(slices.Values(durations))
	i := min(int(share*float64(len(sorted))), len(sorted)-1)
	return float64(sorted[i].Microseconds()) / 1000
}
