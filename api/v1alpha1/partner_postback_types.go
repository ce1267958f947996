package v1alpha1

// ConversionStatus is the status of a conversion.
//
// +kubebuilder:validation:Enum=Approved;Pending;Hold;Rejected
type ConversionStatus string

const (
	// ConversionApproved counts and is paid.
	ConversionApproved ConversionStatus = "Approved"
	// ConversionPending waits for approval.
	ConversionPending ConversionStatus = "Pending"
	// ConversionHold waits for the end of the offer's hold.
	ConversionHold ConversionStatus = "Hold"
	// ConversionRejected does not count.
	ConversionRejected ConversionStatus = "Rejected"
)

// PartnerPostback is an address of the partner that is called for conversions.
//
// +kubebuilder:validation:XValidation:rule="!has(self.on) || !has(self.__true__)",message="on is given twice, once in quotes and once without: keep one of them",fieldPath=".on"
type PartnerPostback struct {
	// name of the postback, unique in the partner. Example: "sales".
	//
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	Name string `json:"name"`

	// url is called for each matching conversion, with macros. Example: "https://blog.example/pb?id={sub1}&sum={payout}".
	//
	// +required
	URL URL `json:"url"`

	// offer is the name of the Offer whose conversions are reported. Default: none, which makes the postback global:
	// it fires where no postback of the offer matches. Example: "summer-shoes".
	//
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$`
	Offer string `json:"offer,omitempty"`

	// goal is the value of the goal whose conversions are reported; case is ignored. Default: all goals. Example: "2".
	//
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:XValidation:rule=`self.matches('^[A-Za-z0-9_-]*$')`,message="write the value of a goal, which has only letters, digits, \"_\" and \"-\", for example \"2\" or \"sign-up\""
	Goal string `json:"goal,omitempty"`

	// on are the statuses that are reported: Approved, Pending, Hold, Rejected. Default: [Approved]. Example: [Approved, Hold].
	//
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=4
	On []ConversionStatus `json:"on,omitempty"`

	// true is how on arrives when it is not quoted: kubectl and many others read YAML 1.1, in which the key on means true.
	// It means the same as on. Default: none.
	//
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=4
	OnUnquoted []ConversionStatus `json:"true,omitempty"`
}

// Statuses returns the statuses that are reported: those of on in either of its spellings, else Approved alone.
// The result must not be changed.
func (p *PartnerPostback) Statuses() []ConversionStatus {
	switch {
	case len(p.On) > 0:
		return p.On
	case len(p.OnUnquoted) > 0:
		return p.OnUnquoted
	default:
		return []ConversionStatus{ConversionApproved}
	}
}
