package status

import (
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/api/v1alpha1"
	"github.com/waypost/waypost/controllers/kinds"
)

// Key names an object.
type Key struct {
	Kind      snapshot.Kind
	Namespace string
	Name      string
}

// Outcome is what became of one generation of one object.
type Outcome struct {
	Key
	// UID distinguishes the object from one that is recreated under its name.
	UID types.UID
	// Facts make the conditions.
	Facts Facts
	// Details are the rest of the status.
	Details Details
}

// Details are the parts of a status that only some kinds have.
type Details struct {
	// Refused are the entries of a Partner or PartnerPayout that are left out.
	Refused []v1alpha1.RefusedEntry
	// OfferLinks and GoalLinks are ready to paste.
	OfferLinks *v1alpha1.OfferLinks
	GoalLinks  *v1alpha1.GoalLinks
	// Advertiser, Payout and Revenue are what lists show of a Goal.
	Advertiser, Payout, Revenue string
}

// next returns an object that is nothing but the old one's identity and its new
// status. The old one is not changed.
func next(old v1alpha1.Object, o Outcome, now time.Time) v1alpha1.Object {
	object := kinds.Recorded(o.Kind).New()
	object.SetNamespace(o.Namespace)
	object.SetName(o.Name)
	object.SetUID(o.UID)
	status := object.GetObjectStatus()
	at := metav1.NewTime(now.Truncate(time.Second))
	status.Conditions = merge(old.GetConditions(), Conditions(o.Facts), at)
	status.ObservedGeneration = old.GetObjectStatus().ObservedGeneration
	if o.Facts.Judged {
		status.ObservedGeneration = o.Facts.Generation
	}
	switch n := object.(type) {
	case *v1alpha1.Offer:
		n.Status.Links = o.Details.OfferLinks
	case *v1alpha1.Goal:
		n.Status.Links = o.Details.GoalLinks
		n.Status.Advertiser, n.Status.Payout, n.Status.Revenue = o.Details.Advertiser, o.Details.Payout, o.Details.Revenue
		n.Status.Modified = modified(old.(*v1alpha1.Goal), o.Facts, at)
	case *v1alpha1.Partner:
		n.Status.Refused = o.Details.Refused
	case *v1alpha1.PartnerPayout:
		n.Status.Refused = o.Details.Refused
	}
	return object
}

// modified returns the time of a goal's last accepted change: of its creation
// for the first generation, else of when a generation was first accepted.
func modified(old *v1alpha1.Goal, f Facts, now metav1.Time) *metav1.Time {
	if !f.Judged || !f.Accepted.OK() {
		return old.Status.Modified
	}
	before := find(old.Status.Conditions, v1alpha1.ConditionAccepted)
	known := before != nil && before.Status == metav1.ConditionTrue && before.ObservedGeneration == f.Generation
	switch {
	case known && old.Status.Modified != nil:
		return old.Status.Modified
	case f.Generation == 1 && !old.CreationTimestamp.IsZero():
		return &old.CreationTimestamp
	}
	return &now
}

// own returns the object without the condition that the package suspensions owns.
func own(object v1alpha1.Object) v1alpha1.Object {
	if find(object.GetConditions(), v1alpha1.ConditionPostbacksSuspended) == nil {
		return object
	}
	object = object.DeepCopyObject().(v1alpha1.Object)
	status := object.GetObjectStatus()
	status.Conditions = slices.DeleteFunc(status.Conditions, func(c metav1.Condition) bool {
		return c.Type == v1alpha1.ConditionPostbacksSuspended
	})
	return object
}
