package status

import (
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/waypost/waypost/api/v1alpha1"
)

// MaxMessage is what the schema of a condition accepts, in bytes.
const MaxMessage = 32768

// Conditions returns the conditions that the facts mean, in a fixed order and
// without transition times. Reconciling and Stalled are there only while true,
// so that kstatus reads: Stalled is failed, Reconciling is in progress, else
// Ready decides.
//
// Every condition observes the generation of the facts. The messages of a settled object
// hold neither times nor revisions: after a restart of the operator they must be the
// same, or every object would be written again.
func Conditions(f Facts) []metav1.Condition {
	if !f.Judged {
		return unjudged(f.Generation)
	}
	b := conditionList{generation: f.Generation}
	b.judgement(v1alpha1.ConditionAccepted, f.Accepted, v1alpha1.ReasonAccepted, "this generation is valid", f.served())
	b.judgement(v1alpha1.ConditionResolvedRefs, f.Resolved, v1alpha1.ReasonResolvedRefs, "everything that is named exists", "")
	b.programmed(f)
	b.ready(f)
	return b.list
}

// unjudged is the row of an object that the compiler has not judged yet: nothing is known
// of this generation, and nothing is claimed of an earlier one.
func unjudged(generation int64) []metav1.Condition {
	b := conditionList{generation: generation}
	const message = "this generation has not been judged yet"
	for _, kind := range []string{
		v1alpha1.ConditionAccepted, v1alpha1.ConditionResolvedRefs,
		v1alpha1.ConditionProgrammed, v1alpha1.ConditionReady,
	} {
		b.add(kind, metav1.ConditionUnknown, v1alpha1.ReasonPending, message)
	}
	b.add(v1alpha1.ConditionReconciling, metav1.ConditionTrue, v1alpha1.ReasonPending, message)
	return b.list
}

// served names the generation that trackers keep while this one is not served, as the end
// of a message: an invalid edit never takes an object off the trackers.
func (f Facts) served() string {
	switch {
	case f.ServedGeneration == 0:
		return "; no generation of it is served"
	case f.Current:
		return ""
	}
	return fmt.Sprintf("; generation %d keeps being served", f.ServedGeneration)
}

// refused returns what keeps this generation from being served as written:
// first the object itself, then what it names. Entries that are left out do not
// count, the others are served.
func (f Facts) refused() Judgement {
	if !f.Accepted.OK() {
		return f.Accepted
	}
	if f.Resolved.Reason == v1alpha1.ReasonEntriesRefused && f.Current {
		return Judgement{}
	}
	return f.Resolved
}

// conditionList gathers the conditions of one generation.
type conditionList struct {
	generation int64
	list       []metav1.Condition
}

// add appends a condition. Its message is cut to what the schema accepts.
func (b *conditionList) add(kind string, status metav1.ConditionStatus, reason, message string) {
	message = Shorten(message, MaxMessage)
	b.list = append(b.list, metav1.Condition{
		Type: kind, Status: status, Reason: reason, Message: message, ObservedGeneration: b.generation,
	})
}

// judgement adds Accepted or ResolvedRefs. suffix goes behind the message of a refusal.
func (b *conditionList) judgement(kind string, j Judgement, okReason, okMessage, suffix string) {
	if j.OK() {
		b.add(kind, metav1.ConditionTrue, okReason, okMessage)
		return
	}
	b.add(kind, metav1.ConditionFalse, j.Reason, j.Message+suffix)
}

// programmed shows whether a published snapshot has the object, in this form or
// in its last accepted one. It is True for a refused edit whose former form is served:
// traffic goes on, and Accepted has what is wrong.
func (b *conditionList) programmed(f Facts) {
	const kind = v1alpha1.ConditionProgrammed
	switch refused := f.refused(); {
	case !refused.OK() && f.ServedGeneration != 0:
		b.add(kind, metav1.ConditionTrue, v1alpha1.ReasonProgrammed,
			fmt.Sprintf("generation %d is in the published snapshot", f.ServedGeneration))
	case !f.Accepted.OK():
		b.add(kind, metav1.ConditionFalse, v1alpha1.ReasonNotAccepted, "the object is in no snapshot, because it is not accepted")
	case !refused.OK():
		b.add(kind, metav1.ConditionFalse, v1alpha1.ReasonRefNotFound, "the object is in no snapshot, because of what it names")
	case f.Publication == Unpublished:
		b.add(kind, metav1.ConditionUnknown, v1alpha1.ReasonPending, "the snapshot is being published")
	case f.Publication == Failed:
		b.add(kind, metav1.ConditionFalse, v1alpha1.ReasonPublishFailed, f.Detail)
	case f.Publication == Held:
		b.add(kind, metav1.ConditionFalse, v1alpha1.ReasonMassDeletionHeld, f.Detail)
	case f.Publication == Pinned:
		b.add(kind, metav1.ConditionFalse, v1alpha1.ReasonPinned, f.Detail)
	default:
		b.add(kind, metav1.ConditionTrue, v1alpha1.ReasonProgrammed, "this generation is in the published snapshot")
	}
}

// ready adds Ready and, where they hold, Reconciling and Stalled. An object that is not
// accepted is Stalled, because only an edit of it helps. One that names what does not
// exist is Reconciling: the other object may be applied next.
func (b *conditionList) ready(f Facts) {
	refused := f.refused()
	switch {
	case !f.Accepted.OK():
		message := f.Accepted.Message + f.served()
		b.notReady(f.Accepted.Reason, message)
		b.add(v1alpha1.ConditionStalled, metav1.ConditionTrue, f.Accepted.Reason, message)
	case !refused.OK():
		message := refused.Message + f.served()
		b.notReady(refused.Reason, message)
		b.add(v1alpha1.ConditionReconciling, metav1.ConditionTrue, refused.Reason, message)
	case f.Publication != Published:
		b.unpublished(f)
	default:
		b.propagation(f)
	}
}

// unpublished is Ready while the snapshot with this generation is not out.
func (b *conditionList) unpublished(f Facts) {
	switch f.Publication {
	case Held:
		b.notReady(v1alpha1.ReasonMassDeletionHeld, f.Detail)
		b.add(v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonMassDeletionHeld, f.Detail)
	case Pinned:
		b.notReady(v1alpha1.ReasonPinned, f.Detail)
	case Failed:
		b.notReady(v1alpha1.ReasonPublishFailed, f.Detail)
		b.add(v1alpha1.ConditionReconciling, metav1.ConditionTrue, v1alpha1.ReasonPending, f.Detail)
	default:
		const message = "the snapshot is being published"
		b.add(v1alpha1.ConditionReady, metav1.ConditionUnknown, v1alpha1.ReasonPending, message)
		b.add(v1alpha1.ConditionReconciling, metav1.ConditionTrue, v1alpha1.ReasonPending, message)
	}
}

// propagation is Ready once the snapshot is out. Trackers that take longer than a minute
// make it PartiallyServed; it stays Reconciling, because each of them tries again.
func (b *conditionList) propagation(f Facts) {
	p := f.Propagation
	switch {
	case p.Complete && f.Paused:
		b.add(v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonPaused, "every ready tracker has loaded that it is not Active")
	case p.Complete:
		b.add(v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonServed, "every ready tracker serves this generation")
	case p.Trackers == 0:
		const message = "no tracker is ready, so it is not served"
		b.notReady(v1alpha1.ReasonNoTrackers, message)
		b.add(v1alpha1.ConditionReconciling, metav1.ConditionTrue, v1alpha1.ReasonNoTrackers, message)
	case p.Overdue:
		b.notReady(v1alpha1.ReasonPartiallyServed, p.counts())
		b.add(v1alpha1.ConditionReconciling, metav1.ConditionTrue, v1alpha1.ReasonPropagating, p.counts())
	default:
		b.notReady(v1alpha1.ReasonPropagating, p.counts())
		b.add(v1alpha1.ConditionReconciling, metav1.ConditionTrue, v1alpha1.ReasonPropagating, p.counts())
	}
}

// notReady adds Ready as False.
func (b *conditionList) notReady(reason, message string) {
	b.add(v1alpha1.ConditionReady, metav1.ConditionFalse, reason, message)
}
