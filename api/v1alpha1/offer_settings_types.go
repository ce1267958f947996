package v1alpha1

// OfferState is the life of an offer.
//
// +kubebuilder:validation:Enum=Active;Paused;Pending;Expired;Deleted
type OfferState string

const (
	// OfferStateActive serves clicks and impressions and counts conversions.
	OfferStateActive OfferState = "Active"
	// OfferStatePaused refuses clicks and impressions; conversions of earlier clicks count.
	OfferStatePaused OfferState = "Paused"
	// OfferStatePending is not approved yet: nothing is served or counted.
	OfferStatePending OfferState = "Pending"
	// OfferStateExpired refuses clicks and impressions; conversions of earlier clicks count.
	OfferStateExpired OfferState = "Expired"
	// OfferStateDeleted is unknown to visitors; its click ids can still be named.
	OfferStateDeleted OfferState = "Deleted"
)

// OfferAccess decides which partners may run an offer.
//
// +kubebuilder:validation:Enum=Public;ApprovalRequired
type OfferAccess string

const (
	// OfferAccessPublic lets every Active partner run the offer.
	OfferAccessPublic OfferAccess = "Public"
	// OfferAccessApprovalRequired lets only approvedPartners run it.
	OfferAccessApprovalRequired OfferAccess = "ApprovalRequired"
)

// OfferDeepLinks allows a tracking link to choose its landing page with redirect=.
type OfferDeepLinks struct {
	// hosts that redirect= may lead to, exactly these, at most 20, in lower case. Default: none. Example: ["shop.example"].
	//
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=20
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=253
	// +kubebuilder:validation:items:XValidation:rule=`self.matches('^[a-z0-9]+((-+|[.])[a-z0-9]+)*$')`,message="write a host name alone, in lower case, without scheme, port, path or *, for example \"shop.example\""
	Hosts []string `json:"hosts,omitempty"`
}

// OfferAttribution bounds the time between an event and the conversion that is attributed to it.
type OfferAttribution struct {
	// clickLookbackHours is how long after a click a conversion counts, in hours; later ones are rejected too_late.
	// Default: 720 (30 days). Example: 168.
	//
	// +optional
	// +kubebuilder:default=720
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=8760
	ClickLookbackHours int32 `json:"clickLookbackHours,omitempty"`

	// minimumClickSeconds is how long after a click a conversion is plausible, in seconds; sooner ones are rejected too_soon.
	// Default: 0. Example: 5.
	//
	// +optional
	// +kubebuilder:default=0
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=2592000
	MinimumClickSeconds int32 `json:"minimumClickSeconds,omitempty"`

	// viewThrough is Disabled or Enabled: whether conversions by aimp_id, without a click, count (S3-12). Default: Disabled.
	//
	// +optional
	// +kubebuilder:default=Disabled
	ViewThrough Toggle `json:"viewThrough,omitempty"`

	// impressionLookbackHours is how long after an impression a view-through conversion counts, in hours.
	// Default: 24. Example: 48.
	//
	// +optional
	// +kubebuilder:default=24
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=8760
	ImpressionLookbackHours int32 `json:"impressionLookbackHours,omitempty"`
}

// OfferHold keeps approved conversions back for a while.
type OfferHold struct {
	// hours that an approved conversion stays on Hold, counted from the conversion; then it is Approved by itself.
	// Default: 0 (no hold). Example: 336.
	//
	// +optional
	// +kubebuilder:default=0
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=8760
	Hours int32 `json:"hours,omitempty"`
}
