package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// AdvertiserState is the life of an advertiser.
//
// +kubebuilder:validation:Enum=Active;Paused;Deleted
type AdvertiserState string

const (
	// AdvertiserStateActive serves the advertiser's offers.
	AdvertiserStateActive AdvertiserState = "Active"
	// AdvertiserStatePaused refuses clicks and impressions of its offers with advertiser_inactive.
	AdvertiserStatePaused AdvertiserState = "Paused"
	// AdvertiserStateDeleted refuses clicks and impressions of its offers with advertiser_inactive.
	AdvertiserStateDeleted AdvertiserState = "Deleted"
)

// AdvertiserSpec is who pays for results and sends postbacks.
type AdvertiserSpec struct {
	// title in lists and reports. Example: "Acme Shoes".
	//
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	Title string `json:"title"`

	// state is Active, Paused or Deleted; offers of an advertiser that is not Active take no clicks and impressions.
	// Default: Active.
	//
	// +optional
	// +kubebuilder:default=Active
	State AdvertiserState `json:"state,omitempty"`

	// postbackKeySecretRef names the key that the advertiser's postbacks must carry. Default: none.
	// Example: {name: acme-key, key: key}.
	//
	// +optional
	PostbackKeySecretRef *SecretKeyRef `json:"postbackKeySecretRef,omitempty"`

	// postbackSources are the addresses that postbacks may come from, IP or CIDR, v4 and v6, at most 100. Default: any.
	// Example: ["203.0.113.0/24", "2001:db8::1"].
	//
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=100
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=64
	// +kubebuilder:validation:items:XValidation:rule="isIP(self) || isCIDR(self)",message="write an IP address or a CIDR, for example \"203.0.113.7\" or \"203.0.113.0/24\""
	PostbackSources []string `json:"postbackSources,omitempty"`

	// blockedPartners are the names of the Partners that may not run any offer of this advertiser, at most 2,000.
	// Default: none. Example: ["badpartner"].
	//
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=2000
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=253
	// +kubebuilder:validation:items:Pattern=`^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$`
	BlockedPartners []string `json:"blockedPartners,omitempty"`
}

// AdvertiserStatus is what the operator found out about an Advertiser.
type AdvertiserStatus struct {
	ObjectStatus `json:",inline"`
}

// Advertiser pays for results and sends postbacks.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Namespaced,categories=waypost,shortName=wpa
// +kubebuilder:selectablefield:JSONPath=`.spec.state`
// +kubebuilder:printcolumn:name="Title",type=string,JSONPath=`.spec.title`,description="Display title"
// +kubebuilder:printcolumn:name="State",type=string,JSONPath=`.spec.state`,description="Active, Paused or Deleted"
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`,description="Whether every ready tracker serves this generation"
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`,description="Time since creation"
// +kubebuilder:printcolumn:name="Reason",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`,description="Why it is ready or not"
type Advertiser struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is the object's name, namespace and labels.
	//
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is what you want.
	//
	// +required
	Spec AdvertiserSpec `json:"spec"`

	// status is what the operator found out; you do not write it.
	//
	// +optional
	// +kubebuilder:default:={"observedGeneration":-1}
	Status AdvertiserStatus `json:"status,omitempty"`
}

// AdvertiserList is a list of Advertisers.
//
// +kubebuilder:object:root=true
type AdvertiserList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []Advertiser `json:"items"`
}
