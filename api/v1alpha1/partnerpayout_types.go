package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// PayoutOverride is what one partner gets for one goal of one offer instead of the goal's payout (S1-24).
// Of several that hold, the latest from counts; a side that it does not give comes from the goal.
//
// +kubebuilder:validation:XValidation:rule="!has(self.from) || !has(self.until) || timestamp(self.from) < timestamp(self.until)",message="until must be later than from: from is inclusive, until exclusive",fieldPath=".until"
type PayoutOverride struct {
	// name of the override, unique in the object. Example: "december".
	//
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	Name string `json:"name"`

	// offer is the name of the Offer. Example: "summer-shoes".
	//
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$`
	Offer string `json:"offer"`

	// goal is the goal's value; case is ignored. Default: "1", the default goal. Example: "2".
	//
	// +optional
	// +kubebuilder:default="1"
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:XValidation:rule=`self.matches('^[A-Za-z0-9_-]*$')`,message="write the value of a goal, which has only letters, digits, \"_\" and \"-\", for example \"2\" or \"sign-up\""
	Goal string `json:"goal,omitempty"`

	// payout is what the partner gets. Default: the goal's. Example: {type: Flat, flat: "1.40"}.
	//
	// +optional
	Payout *PayoutTerms `json:"payout,omitempty"`

	// revenue is what the advertiser pays. Default: the goal's. Example: {type: Flat, flat: "2.00"}.
	//
	// +optional
	Revenue *PayoutTerms `json:"revenue,omitempty"`

	// The format date-time would take what Go cannot read (a small t or z, an offset
	// beyond a day): one such object, once stored, would keep clients from reading all
	// others of its kind. So from and until are texts, and timestamp() of CEL, which
	// reads as Go does, has the last word.

	// from is the first moment of the override, inclusive. Default: since ever. Example: "2026-12-01T00:00:00Z".
	//
	// +optional
	// +kubebuilder:validation:Schemaless
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:XValidation:rule="self.matches('^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]+)?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$') && timestamp(self) >= timestamp('0001-01-01T00:00:00Z')",message="write the moment as in RFC 3339, with its time zone, for example \"2026-12-01T00:00:00Z\""
	From *metav1.Time `json:"from,omitempty"`

	// until is the first moment after the override, exclusive. Default: for ever. Example: "2027-01-01T00:00:00Z".
	//
	// +optional
	// +kubebuilder:validation:Schemaless
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:XValidation:rule="self.matches('^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]+)?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$') && timestamp(self) >= timestamp('0001-01-01T00:00:00Z')",message="write the moment as in RFC 3339, with its time zone, for example \"2026-12-01T00:00:00Z\""
	Until *metav1.Time `json:"until,omitempty"`
}

// PartnerPayoutSpec holds the custom payouts of one partner.
type PartnerPayoutSpec struct {
	// partnerRef names the Partner. Example: {name: best-blog}.
	//
	// +required
	PartnerRef ObjectRef `json:"partnerRef"`

	// overrides of payouts and revenues by offer and goal, at most 500. Default: none.
	//
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=500
	Overrides []PayoutOverride `json:"overrides,omitempty"`
}

// PartnerPayoutStatus is what the operator found out about a PartnerPayout.
type PartnerPayoutStatus struct {
	ObjectStatus `json:",inline"`

	// refused names the first 20 overrides that are left out, and why; the others are served.
	//
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=20
	Refused []RefusedEntry `json:"refused,omitempty"`
}

// PartnerPayout holds the custom payouts of one partner.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Namespaced,categories=waypost,shortName=wpp
// +kubebuilder:selectablefield:JSONPath=`.spec.partnerRef.name`
// +kubebuilder:printcolumn:name="Partner",type=string,JSONPath=`.spec.partnerRef.name`,description="Partner that is paid"
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`,description="Whether every ready tracker serves this generation"
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`,description="Time since creation"
// +kubebuilder:printcolumn:name="Resolved",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="ResolvedRefs")].status`,description="Whether every override is served"
// +kubebuilder:printcolumn:name="Reason",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`,description="Why it is ready or not"
type PartnerPayout struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is the object's name, namespace and labels.
	//
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is what you want.
	//
	// +required
	Spec PartnerPayoutSpec `json:"spec"`

	// status is what the operator found out; you do not write it.
	//
	// +optional
	// +kubebuilder:default:={"observedGeneration":-1}
	Status PartnerPayoutStatus `json:"status,omitempty"`
}

// PartnerPayoutList is a list of PartnerPayouts.
//
// +kubebuilder:object:root=true
type PartnerPayoutList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []PartnerPayout `json:"items"`
}
