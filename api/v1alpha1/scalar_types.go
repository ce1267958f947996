package v1alpha1

// Amount is an amount of money in whole units of the currency, as a decimal string: up to 10 digits before the dot and
// 6 after it, never negative, never a float. Example: "12.50".
//
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:MaxLength=32
// +kubebuilder:validation:XValidation:rule=`self.matches('^[0-9]{1,10}([.][0-9]{1,6})?$')`,message="write the amount as a decimal string that is not negative, with up to 10 digits and 6 decimals, for example \"12.50\""
type Amount string

// Percent is a share in percent as a decimal string: "25" is 25 %, up to 5 decimals, from 0 to 1000. Example: "22.5".
//
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:MaxLength=32
// +kubebuilder:validation:XValidation:rule=`self.matches('^(1000([.]0{1,5})?|[0-9]{1,3}([.][0-9]{1,5})?)$')`,message="write the percentage as a decimal string from 0 to 1000 with up to 5 decimals, for example \"25\" for 25 %"
type Percent string

// URL is an absolute http or https URL, in which macros such as {clickid} may stand.
// Example: "https://shop.example/landing?cid={clickid}".
//
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:MaxLength=2048
// +kubebuilder:validation:XValidation:rule=`self.matches('^(?i:https?)://[^/?#\\s][^\\s]*$')`,message="write an absolute URL that begins with http:// or https:// and has no spaces, for example \"https://shop.example/\""
type URL string

// Currency is an ISO 4217 code in three capitals. Example: "USD".
//
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:MaxLength=16
// +kubebuilder:validation:XValidation:rule=`self.matches('^[A-Z]{3}$')`,message="write the currency as three capitals, for example \"USD\""
type Currency string

// Toggle is an on/off choice. Choices are words rather than booleans so that a third one can be added later.
//
// +kubebuilder:validation:Enum=Enabled;Disabled
type Toggle string

const (
	// Enabled switches on.
	Enabled Toggle = "Enabled"
	// Disabled switches off.
	Disabled Toggle = "Disabled"
)

// EncryptedTracking decides whether a goal's pixels and click links must be in their sealed form.
//
// +kubebuilder:validation:Enum=Optional;Required
type EncryptedTracking string

const (
	// EncryptedTrackingOptional accepts plain and sealed links.
	EncryptedTrackingOptional EncryptedTracking = "Optional"
	// EncryptedTrackingRequired refuses plain links with the reason encryption_required.
	EncryptedTrackingRequired EncryptedTracking = "Required"
)
