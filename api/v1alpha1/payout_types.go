package v1alpha1

// PayoutType is the set of terms of a payout or revenue: payout = flat + amount*percent/100, a missing term is 0.
//
// +kubebuilder:validation:Enum=Flat;Percentage;FlatAndPercentage
type PayoutType string

const (
	// PayoutTypeFlat pays a fixed amount per conversion; percent is refused.
	PayoutTypeFlat PayoutType = "Flat"
	// PayoutTypePercentage pays a share of the sale amount; flat is refused.
	PayoutTypePercentage PayoutType = "Percentage"
	// PayoutTypeFlatAndPercentage pays both.
	PayoutTypeFlatAndPercentage PayoutType = "FlatAndPercentage"
)

// Payout is what one conversion is worth: to the partner as payout, from the advertiser as revenue.
// It has the object's own terms and may refine them by partner tier or by a PayoutStructure, not both.
//
// +kubebuilder:validation:XValidation:rule="self.type != 'Flat' || !has(self.percent)",message="percent needs type Percentage or FlatAndPercentage: change type or remove percent",fieldPath=".percent"
// +kubebuilder:validation:XValidation:rule="self.type != 'Percentage' || !has(self.flat)",message="flat needs type Flat or FlatAndPercentage: change type or remove flat",fieldPath=".flat"
// +kubebuilder:validation:XValidation:rule="self.type != 'Flat' || !has(self.tiers) || self.tiers.all(t, !has(t.percent))",message="a tier's percent needs type Percentage or FlatAndPercentage: change type or remove percent from the tiers",fieldPath=".tiers"
// +kubebuilder:validation:XValidation:rule="self.type != 'Percentage' || !has(self.tiers) || self.tiers.all(t, !has(t.flat))",message="a tier's flat needs type Flat or FlatAndPercentage: change type or remove flat from the tiers",fieldPath=".tiers"
// +kubebuilder:validation:XValidation:rule="!has(self.structure) || !has(self.tiers) || size(self.tiers) == 0",message="tiers and structure exclude each other: remove one of them",fieldPath=".structure"
type Payout struct {
	// type selects the terms that count: Flat, Percentage or FlatAndPercentage. A term of another type is refused. Default: Flat.
	//
	// +optional
	// +kubebuilder:default=Flat
	Type PayoutType `json:"type,omitempty"`

	// flat is the fixed amount per conversion, in the offer's currency. Default: 0. Example: "1.20".
	//
	// +optional
	Flat Amount `json:"flat,omitempty"`

	// percent is the share of the postback's amount, "25" is 25 %. Default: 0. Example: "22.5".
	//
	// +optional
	Percent Percent `json:"percent,omitempty"`

	// tiers replace terms for partners of a tier (Partner spec.tier); a tier replaces only the terms that it names.
	// At most 10; not together with structure. Default: none. Example: [{tier: gold, flat: "1.20"}].
	//
	// +optional
	// +listType=map
	// +listMapKey=tier
	// +kubebuilder:validation:MaxItems=10
	Tiers []PayoutTier `json:"tiers,omitempty"`

	// structure names a PayoutStructure of the same namespace whose first matching rule gives the terms;
	// where none matches flat and percent above apply. Not together with tiers. Default: none. Example: "big-baskets".
	//
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$`
	Structure string `json:"structure,omitempty"`
}

// PayoutTier replaces terms of a Payout for the partners of one tier.
type PayoutTier struct {
	// tier is the Partner's spec.tier. Example: "gold".
	//
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	Tier string `json:"tier"`

	// flat replaces the fixed amount. Default: the payout's own flat. Example: "1.20".
	//
	// +optional
	Flat Amount `json:"flat,omitempty"`

	// percent replaces the share. Default: the payout's own percent. Example: "22".
	//
	// +optional
	Percent Percent `json:"percent,omitempty"`
}

// PayoutTerms are the terms of a partner's override or of a rule: a Payout without tiers and structure.
//
// +kubebuilder:validation:XValidation:rule="self.type != 'Flat' || !has(self.percent)",message="percent needs type Percentage or FlatAndPercentage: change type or remove percent",fieldPath=".percent"
// +kubebuilder:validation:XValidation:rule="self.type != 'Percentage' || !has(self.flat)",message="flat needs type Flat or FlatAndPercentage: change type or remove flat",fieldPath=".flat"
// +kubebuilder:validation:XValidation:rule="!has(self.tiers)",message="tiers do not exist here: write them in the goal's payout or revenue",fieldPath=".tiers"
// +kubebuilder:validation:XValidation:rule="!has(self.structure)",message="structure does not exist here: write it in the goal's payout or revenue",fieldPath=".structure"
type PayoutTerms struct {
	// type selects the terms that count: Flat, Percentage or FlatAndPercentage. A term of another type is refused. Default: Flat.
	//
	// +optional
	// +kubebuilder:default=Flat
	Type PayoutType `json:"type,omitempty"`

	// flat is the fixed amount per conversion, in the offer's currency. Default: 0. Example: "1.40".
	//
	// +optional
	Flat Amount `json:"flat,omitempty"`

	// percent is the share of the postback's amount, "25" is 25 %. Default: 0. Example: "22.5".
	//
	// +optional
	Percent Percent `json:"percent,omitempty"`

	// tiers are refused here. The field exists so that they are refused with a message instead of being dropped.
	//
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=10
	RefusedTiers []RefusedObject `json:"tiers,omitempty"`

	// structure is refused here. The field exists so that it is refused with a message instead of being dropped.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=253
	RefusedStructure string `json:"structure,omitempty"`
}

// RefusedObject is the content of a field that is refused whatever it holds.
type RefusedObject struct{}
