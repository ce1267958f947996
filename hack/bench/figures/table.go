package figures

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
)

// Table prints figures beside their references and bounds, in their order. The
// error names the bounds that are missed, and those of which no figure was taken.
func Table(w io.Writer, list []Figure, bounds Bounds) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "what\tWaypost\treference\tratio\tbound\taim\t\t")
	var problems []error
	left := maps.Clone(bounds)
	for _, f := range list {
		b, ok := bounds[f.Name]
		delete(left, f.Name)
		v := unbound
		if ok {
			v = b.judge(f)
		}
		if v == missed {
			problems = append(problems, fmt.Errorf("%s: %s", f.Name, b.shortfall(f)))
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t\n", f.Name, f.text(f.Value), f.reference(b), f.ratio(), b.limit(f), b.aim(f), v)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(left)) {
		problems = append(problems, fmt.Errorf("%s: there is a bound, and it was not measured", name))
	}
	return errors.Join(problems...)
}

// reference is what was measured beside the figure, else what is known of others.
func (f Figure) reference(b Bound) string {
	if f.Of == "" {
		return b.Others
	}
	return f.text(f.Reference) + " " + f.Of
}

func (f Figure) ratio() string {
	if f.Of == "" {
		return ""
	}
	return fmt.Sprintf("%.2f", f.Ratio())
}

// text prints a value in the figure's unit, with about three digits: the rest is noise.
func (f Figure) text(v float64) string {
	digits := 0
	switch {
	case v == float64(int64(v)) && f.Unit == "":
	case v < 10:
		digits = 2
	case v < 100:
		digits = 1
	}
	return strings.TrimSpace(fmt.Sprintf("%.*f %s", digits, v, f.Unit))
}

// bounded is a limit as it is compared: a ratio, or a value with its unit.
func (b Bound) bounded(f Figure, v float64) string {
	if b.Of == "ratio" {
		return fmt.Sprintf("%.4g ×", v)
	}
	return strings.TrimSpace(fmt.Sprintf("%.6g %s", v, f.Unit))
}

func (b Bound) limit(f Figure) string {
	var parts []string
	if b.Min != nil {
		parts = append(parts, "≥ "+b.bounded(f, *b.Min))
	}
	if b.Max != nil {
		parts = append(parts, "≤ "+b.bounded(f, *b.Max))
	}
	return strings.Join(parts, ", ")
}

func (b Bound) aim(f Figure) string {
	if b.Aim == nil {
		return ""
	}
	return b.bounded(f, *b.Aim)
}

// shortfall describes how a figure misses the bound.
func (b Bound) shortfall(f Figure) string {
	if b.Of == "ratio" && f.Reference == 0 {
		return "the reference was not measured"
	}
	return fmt.Sprintf("measured %s, bound %s", b.bounded(f, b.compared(f)), b.limit(f))
}
