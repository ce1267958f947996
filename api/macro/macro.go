package macro

// Macro is one thing that a template may ask for. The zero value is none.
type Macro uint8

// The macros, by the spelling that docs/rules.md names first.
const (
	none Macro = iota
	ClickID
	OfferID   // the offer's tracking id
	OfferName // the offer's title
	OfferRef  // the offer's reference: its object name
	PartnerID // the partner's tracking id
	AdvertiserID
	Sub1
	Sub2
	Sub3
	Sub4
	Sub5
	Sub6
	Sub7
	Sub8
	Sub9
	Sub10
	Source
	Ref          // the partner's own click id
	ImpressionID // the partner's imp_id
	AimpID       // the impression id of Waypost
	IP
	UserAgent
	Country
	Device
	OS
	Referrer
	Timestamp
	Date
	Rand
	ConversionID
	OrderID
	Goal     // goal value
	GoalID   // Goal object name
	GoalName // slug
	GoalRef  // refID
	Payout   // what the partner gets
	Amount   // the sale amount
	Currency
	Status
	Datetime
	PromoCode
	CustomField1
	CustomField2
	CustomField3
	CustomField4
	CustomField5
	CustomField6
	CustomField7
	CustomField8
	CustomField9
	CustomField10
	CustomField11
	CustomField12
	CustomField13
	CustomField14
	CustomField15
	macros // how many there are, plus one
)

// String returns the canonical name without braces, such as "clickid".
func (m Macro) String() string {
	if m == none || m >= macros {
		return "none"
	}
	return canonical[m]
}

// Sub returns the place, 0 to 9, of the sub id that m asks for; false if m is no
// sub id.
func (m Macro) Sub() (index int, ok bool) {
	return int(m) - int(Sub1), m >= Sub1 && m <= Sub10
}

// CustomField returns the place, 0 to 14, of the custom field that m asks for;
// false if m is none.
func (m Macro) CustomField() (index int, ok bool) {
	return int(m) - int(CustomField1), m >= CustomField1 && m <= CustomField15
}

// set is a set of macros.
type set uint64

// setOf returns the set of its arguments.
func setOf(macros ...Macro) set {
	var s set
	for _, m := range macros {
		s |= 1 << m
	}
	return s
}

// between returns the set of all macros from first to last.
func between(first, last Macro) set {
	var s set
	for m := first; m <= last; m++ {
		s |= 1 << m
	}
	return s
}

// has reports whether m is in the set.
func (s set) has(m Macro) bool { return s>>m&1 == 1 }
