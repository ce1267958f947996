package v1alpha1

// ClickPrice is what a click is worth.
type ClickPrice struct {
	// cpc is the amount per click, in the offer's currency. Default: 0. Example: "0.05".
	//
	// +optional
	CPC Amount `json:"cpc,omitempty"`
}

// OfferClicks prices clicks.
type OfferClicks struct {
	// payout is what the partner gets per click. Default: 0. Example: {cpc: "0.05"}.
	//
	// +optional
	Payout *ClickPrice `json:"payout,omitempty"`

	// revenue is what the advertiser pays per click. Default: 0. Example: {cpc: "0.08"}.
	//
	// +optional
	Revenue *ClickPrice `json:"revenue,omitempty"`
}

// ImpressionPrice is what impressions are worth.
type ImpressionPrice struct {
	// cpm is the amount per 1,000 impressions, in the offer's currency. Default: 0. Example: "1.20".
	//
	// +optional
	CPM Amount `json:"cpm,omitempty"`
}

// OfferImpressions configures whether impressions are recorded, their price and where they are delivered (S3-1 to S3-14).
type OfferImpressions struct {
	// tracking is Disabled or Enabled: whether impressions are recorded. Default: Disabled.
	//
	// +optional
	// +kubebuilder:default=Disabled
	Tracking Toggle `json:"tracking,omitempty"`

	// payout is what the partner gets for impressions. Default: 0. Example: {cpm: "1.20"}.
	//
	// +optional
	Payout *ImpressionPrice `json:"payout,omitempty"`

	// revenue is what the advertiser pays for impressions. Default: 0. Example: {cpm: "2.00"}.
	//
	// +optional
	Revenue *ImpressionPrice `json:"revenue,omitempty"`

	// destinations are the advertiser's addresses, at most 10; each recorded impression is delivered once to one of them,
	// picked by weight. Default: none.
	//
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=10
	Destinations []ImpressionDestination `json:"destinations,omitempty"`
}

// ImpressionDestination is one address of the advertiser that impressions are delivered to.
type ImpressionDestination struct {
	// name of the destination, unique in the offer. Example: "main".
	//
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	Name string `json:"name"`

	// url is called once for every impression that this destination gets; it may hold macros, but none of the click id,
	// because an impression has no click (S3-8). Example: "https://adv.example/imp?i={impression_id}&a={aimp_id}".
	//
	// +required
	// +kubebuilder:validation:XValidation:rule=`!self.matches('(?i)([{](clickid|click_id|transaction_id|tracker)[}]|<tracker>|#reqid#)')`,message="an impression has no click id: use {aimp_id} (ours) or {impression_id} (the partner's) in an impression destination"
	URL URL `json:"url"`

	// weight is this destination's share of the impressions against the other destinations' weights; 0 gets none.
	// Default: 100. Example: 50.
	//
	// +optional
	// +kubebuilder:default=100
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=1000000
	Weight *int32 `json:"weight,omitempty"`
}
