package compile

import (
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/api/v1alpha1"
)

// Verdict is what the compiler found out about one object. Verdicts are values, and
// Compile returns one only when it differs from the object's last.
type Verdict struct {
	Kind    snapshot.Kind
	Network string // namespace
	Name    string
	UID     string
	// Generation is the metadata.generation that was judged, 0 where it is unknown.
	Generation int64

	// Accepted and ResolvedRefs are the conditions of these names. ResolvedRefs
	// is about what the object names even while it is not accepted.
	Accepted     Condition
	ResolvedRefs Condition

	// Served is true while a form of the object is among the records; ServedGeneration
	// is the generation of that form. It differs from Generation while the last good
	// form is kept. Current is true while the served form is the one that was judged.
	Served           bool
	Current          bool
	ServedGeneration int64
	// Paused is true while the served form's state is not Active.
	Paused bool

	// Refused are the entries that are left out while the others are served.
	Refused []Problem

	// OfferLinks and GoalLinks are the addresses of the served form, for status.
	OfferLinks *v1alpha1.OfferLinks
	GoalLinks  *v1alpha1.GoalLinks
	// Advertiser, Payout and Revenue are what lists show of a Goal.
	Advertiser, Payout, Revenue string
}

// Condition is one condition without the fields that only its writer can fill in.
type Condition struct {
	Status metav1.ConditionStatus
	// Reason is one of the condition reasons of api/v1alpha1.
	Reason string
	// Message is the text to read, "" while all is well.
	Message string
	// Field is the path of the first value that is to blame, or "".
	Field string
}

// OK reports whether the condition is True.
func (c Condition) OK() bool { return c.Status == metav1.ConditionTrue }

// Bounds of the schema of status.refused.
const (
	maxRefusedName    = 128
	maxRefusedMessage = 1024
)

// RefusedEntries returns the first entries that are left out, in the form and
// within the bounds of status.refused.
func (v *Verdict) RefusedEntries() []v1alpha1.RefusedEntry {
	var entries []v1alpha1.RefusedEntry
	seen := map[string]bool{}
	for _, r := range v.Refused {
		name := clip(r.Entry, maxRefusedName)
		if name == "" || seen[name] || len(entries) == v1alpha1.MaxRefused {
			continue // a list map has each name once; what is left over is in the condition's message
		}
		seen[name] = true
		entries = append(entries, v1alpha1.RefusedEntry{Name: name, Reason: r.Reason, Message: clip(r.String(), maxRefusedMessage)})
	}
	return entries
}

// clip cuts text to at most limit bytes, at a character's edge.
func clip(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	return strings.ToValidUTF8(text[:limit], "")
}

// key orders verdicts.
func (v *Verdict) key() snapshot.Key {
	return snapshot.Key{Kind: v.Kind, Network: v.Network, ID: v.Name}
}

// acceptedCondition returns the condition Accepted. Nil findings are none.
func (f *findings) acceptedCondition() Condition {
	if f == nil || f.accepted() {
		return Condition{Status: metav1.ConditionTrue, Reason: v1alpha1.ReasonAccepted}
	}
	return falseCondition(f.problems[0].Reason, f.problems)
}

// resolvedCondition returns the condition ResolvedRefs. What keeps the object
// from being served names the reason, before entries that are left out.
func (f *findings) resolvedCondition() Condition {
	switch {
	case f == nil || len(f.missing)+len(f.refused)+len(f.dangling) == 0:
		return Condition{Status: metav1.ConditionTrue, Reason: v1alpha1.ReasonResolvedRefs}
	case len(f.missing) > 0:
		return falseCondition(f.missing[0].Reason, f.missing)
	}
	left := make([]Problem, 0, len(f.refused)+len(f.dangling))
	for _, p := range f.refused {
		p.Message = "left out: " + p.Message
		left = append(left, p)
	}
	return falseCondition(v1alpha1.ReasonEntriesRefused, append(left, f.dangling...))
}

// falseCondition makes a condition of problems, of which there is at least one. Its
// message lists several, its field is that of the first.
func falseCondition(reason string, problems []Problem) Condition {
	return Condition{
		Status: metav1.ConditionFalse, Reason: reason,
		Message: describe(problems), Field: problems[0].Field,
	}
}
