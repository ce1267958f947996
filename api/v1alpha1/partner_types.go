package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// PartnerState is the life of a partner.
//
// +kubebuilder:validation:Enum=Active;Pending;Blocked;Rejected;Deleted
type PartnerState string

const (
	// PartnerStateActive may run offers.
	PartnerStateActive PartnerState = "Active"
	// PartnerStatePending is not approved yet: no clicks and impressions.
	PartnerStatePending PartnerState = "Pending"
	// PartnerStateBlocked may not run offers, and its conversions are rejected partner_inactive.
	PartnerStateBlocked PartnerState = "Blocked"
	// PartnerStateRejected was not approved; as Blocked.
	PartnerStateRejected PartnerState = "Rejected"
	// PartnerStateDeleted is unknown to visitors; its click ids can still be named.
	PartnerStateDeleted PartnerState = "Deleted"
)

// PartnerSpec is who brings traffic through tracking links and is paid.
type PartnerSpec struct {
	// trackingID is the partner's id in URLs, unique in the network; it cannot be changed.
	// Letters, digits, ".", "_", "~" and "-". Default: metadata.name. Example: "2002".
	//
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	// +kubebuilder:validation:XValidation:rule=`self.matches('^[A-Za-z0-9._~-]*$')`,message="a tracking id goes into URLs: write letters, digits, \".\", \"_\", \"~\" and \"-\" only, for example \"2002\""
	TrackingID string `json:"trackingID,omitempty"`

	// title in lists and reports. Example: "Best Blog".
	//
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	Title string `json:"title"`

	// state is Active, Pending, Blocked, Rejected or Deleted; only Active partners' clicks and impressions are served.
	// Default: Active.
	//
	// +optional
	// +kubebuilder:default=Active
	State PartnerState `json:"state,omitempty"`

	// tier is the payout tier that the partner is in. Default: none. Example: "gold".
	//
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	Tier string `json:"tier,omitempty"`

	// blockedOffers are the names of the Offers that the partner may not run, at most 2,000. Default: none.
	// Example: ["winter-boots"].
	//
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=2000
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=253
	// +kubebuilder:validation:items:Pattern=`^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$`
	BlockedOffers []string `json:"blockedOffers,omitempty"`

	// postbacks are the partner's addresses that are called for conversions, at most 20. Default: none.
	//
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=20
	Postbacks []PartnerPostback `json:"postbacks,omitempty"`
}

// PartnerStatus is what the operator found out about a Partner.
type PartnerStatus struct {
	ObjectStatus `json:",inline"`

	// refused names the first 20 postbacks that are left out, and why; the others are served.
	//
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=20
	Refused []RefusedEntry `json:"refused,omitempty"`
}

// Partner (affiliate, publisher) brings traffic through tracking links and is paid.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Namespaced,categories=waypost,shortName=wpr
// +kubebuilder:selectablefield:JSONPath=`.spec.state`
// +kubebuilder:selectablefield:JSONPath=`.spec.tier`
// +kubebuilder:selectablefield:JSONPath=`.spec.trackingID`
// +kubebuilder:printcolumn:name="Title",type=string,JSONPath=`.spec.title`,description="Display title"
// +kubebuilder:printcolumn:name="State",type=string,JSONPath=`.spec.state`,description="Active, Pending, Blocked, Rejected or Deleted"
// +kubebuilder:printcolumn:name="Tier",type=string,JSONPath=`.spec.tier`,description="Payout tier"
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`,description="Whether every ready tracker serves this generation"
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`,description="Time since creation"
// +kubebuilder:printcolumn:name="Tracking ID",type=string,priority=1,JSONPath=`.spec.trackingID`,description="Id in URLs, if it is not the name"
// +kubebuilder:printcolumn:name="Reason",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`,description="Why it is ready or not"
// +kubebuilder:validation:XValidation:rule="(has(self.spec.trackingID) ? self.spec.trackingID : self.metadata.name) == (has(oldSelf.spec.trackingID) ? oldSelf.spec.trackingID : oldSelf.metadata.name)",message="trackingID cannot be changed, because links in the wild carry it: restore it, or declare a new Partner (unset it means metadata.name)",fieldPath=".spec.trackingID"
type Partner struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is the object's name, namespace and labels.
	//
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is what you want.
	//
	// +required
	Spec PartnerSpec `json:"spec"`

	// status is what the operator found out; you do not write it.
	//
	// +optional
	// +kubebuilder:default:={"observedGeneration":-1}
	Status PartnerStatus `json:"status,omitempty"`
}

// PartnerList is a list of Partners.
//
// +kubebuilder:object:root=true
type PartnerList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []Partner `json:"items"`
}
