//go:build e2e

package e2e

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// timings are what the test prints at its end.
type timings struct {
	rows []string
	// orders were accepted in all phases of the load so far.
	orders int
}

// took measures one step.
func (s *suite) took(what string, f func()) time.Duration {
	s.Helper()
	began := time.Now()
	f()
	took := time.Since(began)
	s.timings.add(what, took.Round(10*time.Millisecond).String())
	return took
}

func (t *timings) add(what, value string) {
	t.rows = append(t.rows, fmt.Sprintf("  %-58s %s", what, value))
}

// spread adds the least, the middle and the most of several measurements.
func (t *timings) spread(what string, all []time.Duration) {
	slices.Sort(all)
	t.add(what, fmt.Sprintf("min %s, median %s, max %s (n=%d)", all[0].Round(time.Millisecond),
		all[len(all)/2].Round(time.Millisecond), all[len(all)-1].Round(time.Millisecond), len(all)))
}

func (t *timings) String() string { return "\n" + strings.Join(t.rows, "\n") + "\n" }
