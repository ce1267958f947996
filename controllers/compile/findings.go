package compile

import (
	"fmt"

	"github.com/waypost/waypost/api/v1alpha1"
)

// findings is what turned up while one object was compiled.
type findings struct {
	// problems are wrong values and lost conflicts: Accepted=False.
	problems []Problem
	// missing are references that do not resolve and without which the object
	// cannot be served: ResolvedRefs=False.
	missing []Problem
	// refused are list entries that are left out while the rest is served:
	// ResolvedRefs=False.
	refused []Refused
	// dangling are references that do not resolve and do no harm, so nothing is
	// left out: ResolvedRefs=False.
	dangling []Problem
	// lost says that the object's identity is an older one's, so that not even its
	// last good form can be served.
	lost bool
}

// accepted reports whether the object itself is in order.
func (f *findings) accepted() bool { return len(f.problems) == 0 }

// servable reports whether the object can be served in the form that was built.
func (f *findings) servable() bool { return len(f.problems) == 0 && len(f.missing) == 0 }

// invalid notes a wrong value.
func (f *findings) invalid(at *path, format string, args ...any) {
	f.problem(v1alpha1.ReasonInvalid, at, format, args...)
}

// problem notes a reason for which the object is not accepted.
func (f *findings) problem(reason string, at *path, format string, args ...any) {
	f.problems = append(f.problems, newProblem(reason, at, format, args...))
}

// miss notes a reference that does not resolve.
func (f *findings) miss(p Problem) { f.missing = append(f.missing, p) }

// refuse leaves an entry out.
func (f *findings) refuse(name string, p Problem) {
	f.refused = append(f.refused, Refused{Name: name, Problem: p})
}

func newProblem(reason string, at *path, format string, args ...any) Problem {
	p := Problem{Reason: reason, Message: fmt.Sprintf(format, args...)}
	if at != nil {
		p.Field = at.String()
	}
	return p
}
