package live

import (
	"slices"
	"strings"

	"github.com/waypost/waypost/api/snapshot"
)

// Goal is one goal of an offer. Goals are immutable. There are three and more to an
// offer, so they are kept small: equal parts are shared.
type Goal struct {
	// Name is the Goal object's name, "" for an offer's default goal.
	Name string

	network *string
	offer   *string // its name, "" for a default goal
	title   string
	refID   string
	form    *goalForm
	rest    *goalRest // nil for most
}

// Value is the goal's value as it is declared.
func (g *Goal) Value() string { return g.form.value }

// Deleted reports that the object is gone or its state is Deleted; the body's state is
// Deleted in both cases.
func (g *Goal) Deleted() bool { return g.form.state == snapshot.Deleted }

// Protocol is how conversions of the goal arrive.
func (g *Goal) Protocol() snapshot.Protocol { return g.form.protocol }

// Encrypted reports that pixels and click links of the goal must come sealed.
func (g *Goal) Encrypted() bool { return g.form.encrypted }

func (g *Goal) key() snapshot.Key {
	return snapshot.Key{Kind: snapshot.KindGoal, Network: *g.network, ID: g.Name}
}

// goalSet holds the goals of one offer without the default goal, at least one,
// sorted by value; of one value a goal that is not deleted comes first.
type goalSet []*Goal

// byValue finds a goal by its value, ignoring case.
func (s goalSet) byValue(value string) *Goal {
	i, ok := slices.BinarySearchFunc(s, value, func(g *Goal, v string) int { return compareFold(g.form.value, v) })
	if !ok {
		return nil
	}
	return s[i]
}

// first returns the first goal that matches, preferring one that is not deleted.
func (s goalSet) first(match func(*Goal) bool) *Goal {
	var found *Goal
	for _, g := range s {
		if match(g) && (found == nil || found.Deleted() && !g.Deleted()) {
			found = g
		}
	}
	return found
}

// with returns a set without the goals of removed and with those of added.
func (s goalSet) with(removed, added []*Goal) goalSet {
	next := make(goalSet, 0, len(s)+len(added))
	for _, g := range s {
		if !slices.Contains(removed, g) {
			next = append(next, g)
		}
	}
	next = append(next, added...)
	slices.SortFunc(next, compareGoals)
	return next
}

// compareGoals is the order of a goalSet. Of goals with one value, a deleted one and its
// successor, the one that is there comes first, so that a search by value finds it.
func compareGoals(a, b *Goal) int {
	if c := compareFold(a.form.value, b.form.value); c != 0 {
		return c
	}
	if a.Deleted() != b.Deleted() {
		if b.Deleted() {
			return -1
		}
		return 1
	}
	return strings.Compare(a.Name, b.Name)
}

// compareFold compares ASCII text ignoring case; goal values and slugs are ASCII.
func compareFold(a, b string) int {
	for i := range min(len(a), len(b)) {
		if x, y := lower(a[i]), lower(b[i]); x != y {
			return int(x) - int(y)
		}
	}
	return len(a) - len(b)
}

// equalFold is compareFold for equality.
func equalFold(a, b string) bool { return len(a) == len(b) && compareFold(a, b) == 0 }

// lower is a letter's small form in ASCII.
func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		c += 'a' - 'A'
	}
	return c
}
