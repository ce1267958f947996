package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// GroupName is the API group of every kind in this package.
const GroupName = "waypost.dev"

// Kinds of this group, as they stand in manifests.
const (
	KindNetwork         = "Network"
	KindAdvertiser      = "Advertiser"
	KindPartner         = "Partner"
	KindOffer           = "Offer"
	KindGoal            = "Goal"
	KindPartnerPayout   = "PartnerPayout"
	KindPayoutStructure = "PayoutStructure"
)

var (
	// GroupVersion is the group and version of every kind in this package.
	GroupVersion = schema.GroupVersion{Group: GroupName, Version: "v1alpha1"}

	// SchemeGroupVersion is GroupVersion under the name that the generated apply configurations use.
	SchemeGroupVersion = GroupVersion

	schemeBuilder = runtime.NewSchemeBuilder(addKnownTypes)

	// AddToScheme registers every kind of this package.
	AddToScheme = schemeBuilder.AddToScheme
)

// Resource qualifies the plural name of a resource (for example "offers") with the group.
func Resource(resource string) schema.GroupResource {
	return GroupVersion.WithResource(resource).GroupResource()
}

func addKnownTypes(scheme *runtime.Scheme) error {
	scheme.AddKnownTypes(GroupVersion,
		&Network{}, &NetworkList{},
		&Advertiser{}, &AdvertiserList{},
		&Partner{}, &PartnerList{},
		&Offer{}, &OfferList{},
		&Goal{}, &GoalList{},
		&PartnerPayout{}, &PartnerPayoutList{},
		&PayoutStructure{}, &PayoutStructureList{},
	)
	metav1.AddToGroupVersion(scheme, GroupVersion)
	return nil
}
