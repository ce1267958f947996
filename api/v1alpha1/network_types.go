package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// DefaultCurrency is the currency of offers where neither the offer nor the network gives one.
const DefaultCurrency Currency = "USD"

// NetworkSpec holds what all offers of a namespace share.
type NetworkSpec struct {
	// title in lists. Example: "Example Network".
	//
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	Title string `json:"title"`

	// currency of offers that give none. Default: USD. Example: "EUR".
	//
	// +optional
	// +kubebuilder:default=USD
	Currency Currency `json:"currency,omitempty"`

	// timeZone of reports and cap windows, a name of the IANA time zone database. Default: UTC. Example: "Europe/Vienna".
	//
	// +optional
	// +kubebuilder:default=UTC
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:XValidation:rule=`self.matches('^[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*$')`,message="write a name of the IANA time zone database, for example \"Europe/Vienna\""
	TimeZone string `json:"timeZone,omitempty"`

	// trackingDomains are the host names, in lower case and without a port, whose requests belong to this network, at most 20; links begin with
	// the first. Default: none, which serves any host (at most one such network). Example: ["go.example.net"].
	//
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=20
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=253
	// +kubebuilder:validation:items:XValidation:rule=`self.matches('^[a-z0-9]+((-+|[.])[a-z0-9]+)*$')`,message="write a host name alone, in lower case, without scheme, port, path or *, for example \"go.example.net\""
	TrackingDomains []string `json:"trackingDomains,omitempty"`

	// fallbackURL is where a click goes that cannot be served and whose offer has no fallback. Default: a 404 page.
	// Example: "https://example.net/gone".
	//
	// +optional
	FallbackURL URL `json:"fallbackURL,omitempty"`

	// goals is Enabled or Disabled: Disabled switches all additional goals of the network off
	// (TUNE enable_offer_goals). Default: Enabled.
	//
	// +optional
	// +kubebuilder:default=Enabled
	Goals Toggle `json:"goals,omitempty"`

	// conversionApproval is Enabled or Disabled: whether approval Manual of goals takes effect. Default: Enabled.
	//
	// +optional
	// +kubebuilder:default=Enabled
	ConversionApproval Toggle `json:"conversionApproval,omitempty"`

	// encryptedTracking is Optional or Required for goals that do not set it (TUNE encrypt_tracking_pixels). Default: Optional.
	//
	// +optional
	// +kubebuilder:default=Optional
	EncryptedTracking EncryptedTracking `json:"encryptedTracking,omitempty"`

	// postbackKeySecretRef names the key that every postback of the network must carry. Default: none.
	// Example: {name: postback-key, key: key}.
	//
	// +optional
	PostbackKeySecretRef *SecretKeyRef `json:"postbackKeySecretRef,omitempty"`
}

// NetworkStatus is what the operator found out about a Network.
type NetworkStatus struct {
	ObjectStatus `json:",inline"`
}

// Network holds what all offers of a namespace share. It is optional; of several in a namespace the oldest counts.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Namespaced,categories=waypost,shortName=wpn
// +kubebuilder:selectablefield:JSONPath=`.spec.currency`
// +kubebuilder:printcolumn:name="Title",type=string,JSONPath=`.spec.title`,description="Display title"
// +kubebuilder:printcolumn:name="Currency",type=string,JSONPath=`.spec.currency`,description="Currency of offers that give none"
// +kubebuilder:printcolumn:name="Goals",type=string,JSONPath=`.spec.goals`,description="Whether additional goals count"
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`,description="Whether every ready tracker serves this generation"
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`,description="Time since creation"
// +kubebuilder:printcolumn:name="Time Zone",type=string,priority=1,JSONPath=`.spec.timeZone`,description="Time zone of reports and cap windows"
// +kubebuilder:printcolumn:name="Domain",type=string,priority=1,JSONPath=`.spec.trackingDomains[0]`,description="First tracking domain"
// +kubebuilder:printcolumn:name="Reason",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`,description="Why it is ready or not"
type Network struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is the object's name, namespace and labels.
	//
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is what you want.
	//
	// +required
	Spec NetworkSpec `json:"spec"`

	// status is what the operator found out; you do not write it.
	//
	// +optional
	// +kubebuilder:default:={"observedGeneration":-1}
	Status NetworkStatus `json:"status,omitempty"`
}

// NetworkList is a list of Networks.
//
// +kubebuilder:object:root=true
type NetworkList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []Network `json:"items"`
}
