package v1alpha1

// GoalState is the life of a goal.
//
// +kubebuilder:validation:Enum=Active;Deleted
type GoalState string

const (
	// GoalStateActive records conversions.
	GoalStateActive GoalState = "Active"
	// GoalStateDeleted refuses postbacks with the reason goal_deleted (S1-11).
	GoalStateDeleted GoalState = "Deleted"
)

// GoalVisibility decides whether partners see a goal and are paid for it.
//
// +kubebuilder:validation:Enum=Public;Private
type GoalVisibility string

const (
	// GoalVisibilityPublic goals pay partners.
	GoalVisibilityPublic GoalVisibility = "Public"
	// GoalVisibilityPrivate goals record revenue only and are hidden from partners (S1-12).
	GoalVisibilityPrivate GoalVisibility = "Private"
)

// GoalProtocol is the way in which the advertiser reports a goal (S1-14).
//
// +kubebuilder:validation:Enum=Server;Image;ImageSSL;IFrame;IFrameSSL;ServerPartner
type GoalProtocol string

const (
	// GoalProtocolServer is a postback with a click id (TUNE "server").
	GoalProtocolServer GoalProtocol = "Server"
	// GoalProtocolImage is an image pixel (TUNE "http_img").
	GoalProtocolImage GoalProtocol = "Image"
	// GoalProtocolImageSSL is an image pixel over TLS (TUNE "https_img").
	GoalProtocolImageSSL GoalProtocol = "ImageSSL"
	// GoalProtocolIFrame is an iframe pixel (TUNE "http").
	GoalProtocolIFrame GoalProtocol = "IFrame"
	// GoalProtocolIFrameSSL is an iframe pixel over TLS (TUNE "https").
	GoalProtocolIFrameSSL GoalProtocol = "IFrameSSL"
	// GoalProtocolServerPartner is a postback with offer and partner instead of a click id (TUNE "server_affiliate").
	GoalProtocolServerPartner GoalProtocol = "ServerPartner"
)

// GoalRecord is the kind of record that an event of a goal becomes.
//
// +kubebuilder:validation:Enum=Conversion;Click
type GoalRecord string

const (
	// GoalRecordConversion records conversions.
	GoalRecordConversion GoalRecord = "Conversion"
	// GoalRecordClick records the event as a click only (S1-4).
	GoalRecordClick GoalRecord = "Click"
)

// GoalDisplay decides whether partners see the goal's name and owner.
//
// +kubebuilder:validation:Enum=Hidden;Shown
type GoalDisplay string

const (
	// GoalDisplayHidden keeps the advertiser's name from partners.
	GoalDisplayHidden GoalDisplay = "Hidden"
	// GoalDisplayShown shows it.
	GoalDisplayShown GoalDisplay = "Shown"
)

// GoalApproval decides how conversions are approved.
//
// +kubebuilder:validation:Enum=Automatic;Manual
type GoalApproval string

const (
	// GoalApprovalAutomatic takes the postback's word.
	GoalApprovalAutomatic GoalApproval = "Automatic"
	// GoalApprovalManual keeps conversions pending until they are approved (S1-22).
	GoalApprovalManual GoalApproval = "Manual"
)

// GoalSettings are the fields that a Goal and an offer's default goal share.
//
// +kubebuilder:validation:XValidation:rule=`!has(self.visibility) || self.visibility != 'Private' || !has(self.payout) || ((!has(self.payout.flat) || self.payout.flat.matches('^[0.]*$')) && (!has(self.payout.percent) || self.payout.percent.matches('^[0.]*$')) && (!has(self.payout.tiers) || size(self.payout.tiers) == 0) && !has(self.payout.structure))`,message="a private goal pays partners nothing: remove payout, or set visibility to Public",fieldPath=".payout"
type GoalSettings struct {
	// slug is the goal's name in URLs (goal_name), unique in the offer ignoring case. Default: the title transliterated.
	// A change keeps the old one working while it is listed in slugAliases. Letters, digits, ".", "_", "~" and "-".
	// Example: "purchase".
	//
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	// +kubebuilder:validation:XValidation:rule=`self.matches('^[A-Za-z0-9._~-]*$')`,message="a slug goes into URLs: write letters, digits, \".\", \"_\", \"~\" and \"-\" only, for example \"free-trial\""
	Slug string `json:"slug,omitempty"`

	// slugAliases are former slugs that postbacks may still use, at most 10. Default: none. Example: ["buy"].
	//
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=10
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=128
	// +kubebuilder:validation:items:XValidation:rule=`self.matches('^[A-Za-z0-9._~-]*$')`,message="a slug goes into URLs: write letters, digits, \".\", \"_\", \"~\" and \"-\" only, for example \"free-trial\""
	SlugAliases []string `json:"slugAliases,omitempty"`

	// refID is a reference of yours that partners get as {goal_ref}, unique in the offer. Default: none. Example: "SKU-1".
	//
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	RefID string `json:"refID,omitempty"`

	// description is free text. Default: none. Example: "A paid order, shipping excluded".
	//
	// +optional
	// +kubebuilder:validation:MaxLength=4096
	Description string `json:"description,omitempty"`

	// state is Active or Deleted: a Deleted goal refuses postbacks with goal_deleted. Default: Active.
	//
	// +optional
	// +kubebuilder:default=Active
	State GoalState `json:"state,omitempty"`

	// visibility is Public or Private: a Private goal records revenue only and is hidden from partners. Default: Public.
	//
	// +optional
	// +kubebuilder:default=Public
	Visibility GoalVisibility `json:"visibility,omitempty"`

	// protocol is how the advertiser reports the goal: Server, Image, ImageSSL, IFrame, IFrameSSL or ServerPartner.
	// Another way is refused with wrong_protocol. Default: Server.
	//
	// +optional
	// +kubebuilder:default=Server
	Protocol GoalProtocol `json:"protocol,omitempty"`

	// recordAs is Conversion or Click: Click counts the event without a conversion. Default: Conversion.
	//
	// +optional
	// +kubebuilder:default=Conversion
	RecordAs GoalRecord `json:"recordAs,omitempty"`

	// displayAdvertiser is Hidden or Shown: whether partners see whose goal it is. Default: Hidden.
	//
	// +optional
	// +kubebuilder:default=Hidden
	DisplayAdvertiser GoalDisplay `json:"displayAdvertiser,omitempty"`

	// payout is what the partner gets per conversion. Default: 0. Example: {type: Flat, flat: "1.00"}.
	//
	// +optional
	Payout *Payout `json:"payout,omitempty"`

	// revenue is what the advertiser pays per conversion. Default: 0.
	// Example: {type: FlatAndPercentage, flat: "1", percent: "20"}.
	//
	// +optional
	Revenue *Payout `json:"revenue,omitempty"`

	// multipleConversions is Disabled or Enabled: whether one session may convert this goal more than once (S1-19).
	// Default: Disabled.
	//
	// +optional
	// +kubebuilder:default=Disabled
	MultipleConversions Toggle `json:"multipleConversions,omitempty"`

	// approval is Automatic or Manual: with Manual conversions are pending until they are approved,
	// unless the Network's conversionApproval is Disabled. Default: Automatic.
	//
	// +optional
	// +kubebuilder:default=Automatic
	Approval GoalApproval `json:"approval,omitempty"`

	// encryptedTracking is Optional or Required: with Required only sealed pixels and click links count.
	// Default: the Network's encryptedTracking, else Optional.
	//
	// +optional
	EncryptedTracking EncryptedTracking `json:"encryptedTracking,omitempty"`
}
