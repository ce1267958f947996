package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// OfferSpec is what an advertiser pays for: where visitors go, which conversions count, what they are worth.
type OfferSpec struct {
	// trackingID is the offer's id in URLs, unique in the network; it cannot be changed.
	// Letters, digits, ".", "_", "~" and "-". Default: metadata.name. Example: "1001".
	//
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	// +kubebuilder:validation:XValidation:rule=`self.matches('^[A-Za-z0-9._~-]*$')`,message="a tracking id goes into URLs: write letters, digits, \".\", \"_\", \"~\" and \"-\" only, for example \"1001\""
	TrackingID string `json:"trackingID,omitempty"`

	// title in lists, reports and {offer_name}. Example: "Summer Shoes".
	//
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	Title string `json:"title"`

	// advertiserRef names the Advertiser that pays. Example: {name: acme-shoes}.
	//
	// +required
	AdvertiserRef ObjectRef `json:"advertiserRef"`

	// state is Active, Paused, Pending, Expired or Deleted. Only Active offers take clicks and impressions;
	// conversions of earlier clicks count while Paused or Expired. Default: Active.
	//
	// +optional
	// +kubebuilder:default=Active
	State OfferState `json:"state,omitempty"`

	// access is Public for every Active partner, or ApprovalRequired for approvedPartners only. Default: Public.
	//
	// +optional
	// +kubebuilder:default=Public
	Access OfferAccess `json:"access,omitempty"`

	// approvedPartners are the names of the Partners that may run the offer when access is ApprovalRequired, at most 2,000.
	// Default: none. Example: ["best-blog"].
	//
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=2000
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=253
	// +kubebuilder:validation:items:Pattern=`^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$`
	ApprovedPartners []string `json:"approvedPartners,omitempty"`

	// blockedPartners are the names of the Partners that may not run the offer, at most 2,000. Default: none.
	//
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=2000
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=253
	// +kubebuilder:validation:items:Pattern=`^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$`
	BlockedPartners []string `json:"blockedPartners,omitempty"`

	// destinationURL is where a click goes, with macros. Example: "https://shop.example/landing?cid={clickid}&s={sub1}".
	//
	// +required
	DestinationURL URL `json:"destinationURL"`

	// previewURL shows partners the landing page without tracking. Default: none. Example: "https://shop.example/".
	//
	// +optional
	PreviewURL URL `json:"previewURL,omitempty"`

	// fallbackURL is where a click goes that cannot be served. Default: the Network's fallbackURL.
	// Example: "https://shop.example/sale".
	//
	// +optional
	FallbackURL URL `json:"fallbackURL,omitempty"`

	// deepLinks allows tracking links to choose their landing page. Default: not allowed. Example: {hosts: [shop.example]}.
	//
	// +optional
	DeepLinks *OfferDeepLinks `json:"deepLinks,omitempty"`

	// currency of all amounts of the offer. Default: the Network's currency, else USD. Example: "EUR".
	//
	// +optional
	Currency Currency `json:"currency,omitempty"`

	// goals is Enabled or Disabled: whether the offer has more goals than the default goal (S1-2). Default: Enabled.
	//
	// +optional
	// +kubebuilder:default=Enabled
	Goals Toggle `json:"goals,omitempty"`

	// defaultGoal is the goal of postbacks that name none; its value is always "1" (S1-3). Default: a goal that pays nothing.
	//
	// +optional
	// +kubebuilder:default={}
	DefaultGoal *DefaultGoal `json:"defaultGoal,omitempty"`

	// clicks prices clicks. Default: 0. Example: {payout: {cpc: "0.05"}, revenue: {cpc: "0.08"}}.
	//
	// +optional
	Clicks *OfferClicks `json:"clicks,omitempty"`

	// impressions configures whether impressions are recorded, their price and where they are delivered. Default: not recorded.
	//
	// +optional
	// +kubebuilder:default={}
	Impressions *OfferImpressions `json:"impressions,omitempty"`

	// attribution bounds the time between click or impression and conversion.
	//
	// +optional
	// +kubebuilder:default={}
	Attribution *OfferAttribution `json:"attribution,omitempty"`

	// hold keeps approved conversions back for a while. Default: no hold.
	//
	// +optional
	// +kubebuilder:default={}
	Hold *OfferHold `json:"hold,omitempty"`

	// postbackKeySecretRef names the key that every postback of this offer must carry, on top of the advertiser's
	// and the network's. Default: none. Example: {name: offer-key, key: key}.
	//
	// +optional
	PostbackKeySecretRef *SecretKeyRef `json:"postbackKeySecretRef,omitempty"`

	// caps limit what the offer takes, at most 20. Default: none.
	// Example: [{name: daily, metric: Conversions, window: Day, limit: "1000"}].
	//
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=20
	Caps []Cap `json:"caps,omitempty"`
}

// OfferLinks are the offer's addresses for partners, with {partner} as the only blank.
type OfferLinks struct {
	// tracking is the link that visitors click. Example: "https://go.example.net/click?offer=1001&partner={partner}".
	//
	// +optional
	// +kubebuilder:validation:MaxLength=4096
	Tracking string `json:"tracking,omitempty"`

	// impression is the impression link. Example: "https://go.example.net/impression?offer=1001&partner={partner}".
	//
	// +optional
	// +kubebuilder:validation:MaxLength=4096
	Impression string `json:"impression,omitempty"`

	// impressionPixel is the impression link as an HTML image.
	// Example: `<img src="https://go.example.net/impression?offer=1001&partner={partner}" width="1" height="1" alt="">`.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=4096
	ImpressionPixel string `json:"impressionPixel,omitempty"`
}

// OfferStatus is what the operator found out about an Offer.
type OfferStatus struct {
	ObjectStatus `json:",inline"`

	// links are the offer's addresses for partners, ready to paste.
	//
	// +optional
	Links *OfferLinks `json:"links,omitempty"`
}

// Offer is what an advertiser pays for: a destination, goals and what they are worth.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Namespaced,categories=waypost,shortName=wpo
// +kubebuilder:selectablefield:JSONPath=`.spec.state`
// +kubebuilder:selectablefield:JSONPath=`.spec.access`
// +kubebuilder:selectablefield:JSONPath=`.spec.advertiserRef.name`
// +kubebuilder:selectablefield:JSONPath=`.spec.trackingID`
// +kubebuilder:selectablefield:JSONPath=`.spec.currency`
// +kubebuilder:printcolumn:name="Title",type=string,JSONPath=`.spec.title`,description="Display title"
// +kubebuilder:printcolumn:name="Advertiser",type=string,JSONPath=`.spec.advertiserRef.name`,description="Advertiser that pays"
// +kubebuilder:printcolumn:name="State",type=string,JSONPath=`.spec.state`,description="Active, Paused, Pending, Expired or Deleted"
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`,description="Whether every ready tracker serves this generation"
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`,description="Time since creation"
// +kubebuilder:printcolumn:name="Tracking ID",type=string,priority=1,JSONPath=`.spec.trackingID`,description="Id in URLs, if it is not the name"
// +kubebuilder:printcolumn:name="Access",type=string,priority=1,JSONPath=`.spec.access`,description="Public or ApprovalRequired"
// +kubebuilder:printcolumn:name="Goals",type=string,priority=1,JSONPath=`.spec.goals`,description="Whether additional goals count"
// +kubebuilder:printcolumn:name="Reason",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`,description="Why it is ready or not"
// +kubebuilder:printcolumn:name="Link",type=string,priority=1,JSONPath=`.status.links.tracking`,description="Tracking link, with {partner} to fill in"
// +kubebuilder:validation:XValidation:rule="(has(self.spec.trackingID) ? self.spec.trackingID : self.metadata.name) == (has(oldSelf.spec.trackingID) ? oldSelf.spec.trackingID : oldSelf.metadata.name)",message="trackingID cannot be changed, because links in the wild carry it: restore it, or declare a new Offer (unset it means metadata.name)",fieldPath=".spec.trackingID"
type Offer struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is the object's name, namespace and labels.
	//
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is what you want.
	//
	// +required
	Spec OfferSpec `json:"spec"`

	// status is what the operator found out; you do not write it.
	//
	// +optional
	// +kubebuilder:default:={"observedGeneration":-1}
	Status OfferStatus `json:"status,omitempty"`
}

// OfferList is a list of Offers.
//
// +kubebuilder:object:root=true
type OfferList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []Offer `json:"items"`
}
