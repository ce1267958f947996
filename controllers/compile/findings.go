package compile

import (
	"fmt"

	"github.com/waypost/waypost/api/v1alpha1"
)

// findings is what turned up while one object was compiled. Four lists, because they
// differ in what is served:
//
//	problems  the last good form, or nothing
//	missing   the same, until what is named exists
//	refused   this form, without the entries in question
//	dangling  this form, whole
type findings struct {
	// problems are wrong values and lost conflicts: Accepted=False.
	problems []Problem
	// missing are references that do not resolve and without which the object
	// cannot be served: ResolvedRefs=False.
	missing []Problem
	// refused are list entries that are left out while the rest is served:
	// ResolvedRefs=False.
	refused []Problem
	// dangling are references that do not resolve and do no harm, so nothing is
	// left out: ResolvedRefs=False.
	dangling []Problem
	// lost is set when the tracking id is an older object's: not even the last good
	// form can be served then.
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
func (f *findings) miss(reason string, at *path, format string, args ...any) {
	f.missing = append(f.missing, newProblem(reason, at, format, args...))
}

// refuse leaves an entry of a list out if anything is wrong with it, and reports
// whether it does.
func (f *findings) refuse(name string, entry *findings) bool {
	for _, list := range [][]Problem{entry.problems, entry.missing} {
		if len(list) > 0 {
			p := list[0]
			p.Entry = name
			f.refused = append(f.refused, p)
			return true
		}
	}
	return false
}

// refusedBy adds a reason from outside, nil for none.
func (f *findings) refusedBy(refusal *Problem) {
	if refusal != nil {
		f.problems = append(f.problems, *refusal)
	}
}

// none reports whether nothing turned up.
func (f *findings) none() bool { return f.servable() && len(f.refused)+len(f.dangling) == 0 }

// newProblem makes a problem of a message; at is nil where no single field is to blame.
func newProblem(reason string, at *path, format string, args ...any) Problem {
	p := Problem{Reason: reason, Message: fmt.Sprintf(format, args...)}
	if at != nil {
		p.Field = at.String()
	}
	return p
}

// guard runs a part of the compiler so that a panic stays with the object that
// caused it.
func guard(f *findings, run func()) {
	defer func() {
		if cause := recover(); cause != nil {
			f.problem(v1alpha1.ReasonInternalError, nil, "the compiler failed on this object: %s; please report it", clip(fmt.Sprint(cause), 200))
		}
	}()
	run()
}
