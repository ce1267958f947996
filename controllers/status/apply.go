package status

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	acmetav1 "k8s.io/client-go/applyconfigurations/meta/v1"

	"github.com/waypost/waypost/api/v1alpha1"
	ac "github.com/waypost/waypost/api/v1alpha1/applyconfiguration/api/v1alpha1"
)

// application is the server-side apply of an object's whole status. meta is part
// of it; after the apply it holds what the API server answered.
type application struct {
	runtime.ApplyConfiguration
	meta *acmetav1.ObjectMetaApplyConfiguration
}

// apply makes the application of a status. It holds for the given resource
// version only: an object that was changed, or deleted and recreated, since that
// was read must not get an outcome that is not its own.
func apply(object v1alpha1.Object, version string) application {
	a := configure(object)
	a.meta.ResourceVersion = &version
	return a
}

// configure makes the application without a resource version. Only the kinds differ:
// apply configurations are generated types without a common interface, so each kind has
// its case. An apply has all that this field owner writes; what is left out is removed.
func configure(object v1alpha1.Object) application {
	namespace, name := object.GetNamespace(), object.GetName()
	common := objectStatus(object.GetObjectStatus())
	switch o := object.(type) {
	case *v1alpha1.Network:
		status := ac.NetworkStatus()
		status.ObjectStatusApplyConfiguration = common
		a := ac.Network(name, namespace).WithStatus(status)
		return application{a, a.ObjectMetaApplyConfiguration}
	case *v1alpha1.Advertiser:
		status := ac.AdvertiserStatus()
		status.ObjectStatusApplyConfiguration = common
		a := ac.Advertiser(name, namespace).WithStatus(status)
		return application{a, a.ObjectMetaApplyConfiguration}
	case *v1alpha1.Partner:
		status := ac.PartnerStatus().WithRefused(refused(o.Status.Refused)...)
		status.ObjectStatusApplyConfiguration = common
		a := ac.Partner(name, namespace).WithStatus(status)
		return application{a, a.ObjectMetaApplyConfiguration}
	case *v1alpha1.Offer:
		status := ac.OfferStatus()
		status.Links = offerLinks(o.Status.Links)
		status.ObjectStatusApplyConfiguration = common
		a := ac.Offer(name, namespace).WithStatus(status)
		return application{a, a.ObjectMetaApplyConfiguration}
	case *v1alpha1.Goal:
		status := goalStatus(o.Status)
		status.ObjectStatusApplyConfiguration = common
		a := ac.Goal(name, namespace).WithStatus(status)
		return application{a, a.ObjectMetaApplyConfiguration}
	case *v1alpha1.PartnerPayout:
		status := ac.PartnerPayoutStatus().WithRefused(refused(o.Status.Refused)...)
		status.ObjectStatusApplyConfiguration = common
		a := ac.PartnerPayout(name, namespace).WithStatus(status)
		return application{a, a.ObjectMetaApplyConfiguration}
	default:
		status := ac.PayoutStructureStatus()
		status.ObjectStatusApplyConfiguration = common
		a := ac.PayoutStructure(name, namespace).WithStatus(status)
		return application{a, a.ObjectMetaApplyConfiguration}
	}
}

// objectStatus is what the status of every kind has.
func objectStatus(s *v1alpha1.ObjectStatus) ac.ObjectStatusApplyConfiguration {
	status := ac.ObjectStatus().WithObservedGeneration(s.ObservedGeneration)
	for _, c := range s.Conditions {
		status.WithConditions(condition(c))
	}
	return *status
}

func condition(c metav1.Condition) *acmetav1.ConditionApplyConfiguration {
	return acmetav1.Condition().
		WithType(c.Type).WithStatus(c.Status).WithReason(c.Reason).WithMessage(c.Message).
		WithObservedGeneration(c.ObservedGeneration).WithLastTransitionTime(c.LastTransitionTime)
}

// refused are the entries of a list that are left out.
func refused(entries []v1alpha1.RefusedEntry) []*ac.RefusedEntryApplyConfiguration {
	var all []*ac.RefusedEntryApplyConfiguration
	for _, e := range entries {
		all = append(all, ac.RefusedEntry().WithName(e.Name).WithReason(e.Reason).WithMessage(e.Message))
	}
	return all
}

// offerLinks leaves out what is empty, such as impression links of an offer that records
// no impressions.
func offerLinks(links *v1alpha1.OfferLinks) *ac.OfferLinksApplyConfiguration {
	if links == nil {
		return nil
	}
	return &ac.OfferLinksApplyConfiguration{
		Tracking: set(links.Tracking), Impression: set(links.Impression), ImpressionPixel: set(links.ImpressionPixel),
	}
}

// goalStatus is what only a Goal's status has.
func goalStatus(s v1alpha1.GoalStatus) *ac.GoalStatusApplyConfiguration {
	status := &ac.GoalStatusApplyConfiguration{
		Modified: s.Modified, Advertiser: set(s.Advertiser), Payout: set(s.Payout), Revenue: set(s.Revenue),
	}
	if s.Links != nil {
		status.Links = &ac.GoalLinksApplyConfiguration{
			Postback: set(s.Links.Postback), Pixel: set(s.Links.Pixel),
			IFrame: set(s.Links.IFrame), Click: set(s.Links.Click),
		}
	}
	return status
}

// set returns nil for an empty text, which is left out.
func set(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}
