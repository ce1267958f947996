package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// GoalSpec is one additional conversion event of an offer.
type GoalSpec struct {
	// offerRef names the Offer that the goal belongs to. Example: {name: summer-shoes}.
	//
	// +required
	OfferRef ObjectRef `json:"offerRef"`

	// value is the goal's id in postbacks: letters, digits, "_" and "-", at most 64, not "0" and not "1" (the default goal);
	// unique in the offer ignoring case; it cannot be changed. Example: "2".
	//
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:XValidation:rule=`self.matches('^[A-Za-z0-9_-]*$')`,message="a goal value has only letters, digits, \"_\" and \"-\", no space: write it like \"2\" or \"sign-up\""
	// +kubebuilder:validation:XValidation:rule="self != '0'",message="the goal value 0 is reserved: choose another, for example \"2\""
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="value cannot be changed: set state to Deleted and declare a new Goal with the new value"
	Value string `json:"value"`

	// title in lists and reports. Example: "Purchase".
	//
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	Title string `json:"title"`

	GoalSettings `json:",inline"`

	// endPoint is Disabled or Enabled: with Enabled a conversion of this goal closes the session,
	// and nothing more is recorded until the next click (S1-21). Default: Disabled.
	//
	// +optional
	// +kubebuilder:default=Disabled
	EndPoint Toggle `json:"endPoint,omitempty"`
}

// GoalLinks are the goal's addresses for the advertiser, ready to paste.
// Where encryptedTracking is Required the pixels and the click link are in their sealed form.
type GoalLinks struct {
	// postback is the server-to-server URL. Example: "https://go.example.net/postback?clickid={clickid}&goal=2".
	//
	// +optional
	// +kubebuilder:validation:MaxLength=4096
	Postback string `json:"postback,omitempty"`

	// pixel is the image pixel's URL. Example: "https://go.example.net/pixel.gif?offer=1001&goal=2".
	//
	// +optional
	// +kubebuilder:validation:MaxLength=4096
	Pixel string `json:"pixel,omitempty"`

	// iframe is the iframe pixel's URL. Example: "https://go.example.net/pixel.html?offer=1001&goal=2".
	//
	// +optional
	// +kubebuilder:validation:MaxLength=4096
	IFrame string `json:"iframe,omitempty"`

	// click is the URL that records the goal as a click only. Example: "https://go.example.net/click.gif?offer=1001&goal=2".
	//
	// +optional
	// +kubebuilder:validation:MaxLength=4096
	Click string `json:"click,omitempty"`
}

// GoalStatus is what the operator found out about a Goal.
type GoalStatus struct {
	ObjectStatus `json:",inline"`

	// modified is the time of the last accepted change of the goal. Example: "2026-11-20T09:30:00Z".
	//
	// +optional
	Modified *metav1.Time `json:"modified,omitempty"`

	// links are the goal's addresses for the advertiser, ready to paste.
	//
	// +optional
	Links *GoalLinks `json:"links,omitempty"`

	// advertiser is the name of the offer's Advertiser. Example: "acme-shoes".
	//
	// +optional
	// +kubebuilder:validation:MaxLength=253
	Advertiser string `json:"advertiser,omitempty"`

	// payout is the goal's payout in words, for lists. Example: "1.00 + 20%".
	//
	// +optional
	// +kubebuilder:validation:MaxLength=512
	Payout string `json:"payout,omitempty"`

	// revenue is the goal's revenue in words, for lists. Example: "1.50, tiers: gold".
	//
	// +optional
	// +kubebuilder:validation:MaxLength=512
	Revenue string `json:"revenue,omitempty"`
}

// Goal is one additional conversion event of an offer: a sign-up, an install, a purchase.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Namespaced,categories=waypost,shortName=wpg
// +kubebuilder:selectablefield:JSONPath=`.spec.offerRef.name`
// +kubebuilder:selectablefield:JSONPath=`.spec.value`
// +kubebuilder:selectablefield:JSONPath=`.spec.state`
// +kubebuilder:selectablefield:JSONPath=`.spec.visibility`
// +kubebuilder:selectablefield:JSONPath=`.spec.protocol`
// +kubebuilder:printcolumn:name="Value",type=string,JSONPath=`.spec.value`,description="Goal value in postbacks"
// +kubebuilder:printcolumn:name="Offer",type=string,JSONPath=`.spec.offerRef.name`,description="Offer that the goal belongs to"
// +kubebuilder:printcolumn:name="State",type=string,JSONPath=`.spec.state`,description="Active or Deleted"
// +kubebuilder:printcolumn:name="Payout",type=string,JSONPath=`.status.payout`,description="What the partner gets per conversion"
// +kubebuilder:printcolumn:name="Revenue",type=string,JSONPath=`.status.revenue`,description="What the advertiser pays per conversion"
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`,description="Whether every ready tracker serves this generation"
// +kubebuilder:printcolumn:name="Advertiser",type=string,priority=1,JSONPath=`.status.advertiser`,description="Advertiser of the offer"
// +kubebuilder:printcolumn:name="Protocol",type=string,priority=1,JSONPath=`.spec.protocol`,description="How the advertiser reports the goal"
// +kubebuilder:printcolumn:name="End Point",type=string,priority=1,JSONPath=`.spec.endPoint`,description="Whether a conversion closes the session"
// +kubebuilder:printcolumn:name="Visibility",type=string,priority=1,JSONPath=`.spec.visibility`,description="Public or Private"
// +kubebuilder:printcolumn:name="Multiple Conversions",type=string,priority=1,JSONPath=`.spec.multipleConversions`,description="Whether a session may convert more than once"
type Goal struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is the object's name, namespace and labels.
	//
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is what you want.
	//
	// +required
	Spec GoalSpec `json:"spec"`

	// status is what the operator found out; you do not write it.
	//
	// +optional
	// +kubebuilder:default:={"observedGeneration":-1}
	Status GoalStatus `json:"status,omitempty"`
}

// GoalList is a list of Goals.
//
// +kubebuilder:object:root=true
type GoalList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []Goal `json:"items"`
}
