package v1alpha1

// RuleField is what a condition of a rule looks at; a field that a conversion does not have never matches.
//
// +kubebuilder:validation:Enum=amount;source;sub1;sub2;sub3;sub4;sub5;sub6;sub7;sub8;sub9;sub10;adv_sub1;adv_sub2;adv_sub3;adv_sub4;adv_sub5;promo_code;country;device
type RuleField string

const (
	// RuleFieldAmount is the postback's sale amount.
	RuleFieldAmount RuleField = "amount"
	// RuleFieldSource is the click's traffic source.
	RuleFieldSource RuleField = "source"
	// RuleFieldPromoCode is the postback's promo code.
	RuleFieldPromoCode RuleField = "promo_code"
	// RuleFieldCountry is the visitor's country, two capitals.
	RuleFieldCountry RuleField = "country"
	// RuleFieldDevice is the visitor's kind of device.
	RuleFieldDevice RuleField = "device"
)

// RuleOperator compares a field with values: text exactly, numbers as decimals.
//
// +kubebuilder:validation:Enum=Equals;In;StartsWith;Contains;Less;LessOrEqual;Greater;GreaterOrEqual;Between
type RuleOperator string

const (
	// RuleEquals holds when the field is the value.
	RuleEquals RuleOperator = "Equals"
	// RuleIn holds when the field is one of the values.
	RuleIn RuleOperator = "In"
	// RuleStartsWith holds when the field begins with one of the values.
	RuleStartsWith RuleOperator = "StartsWith"
	// RuleContains holds when one of the values stands in the field.
	RuleContains RuleOperator = "Contains"
	// RuleLess holds when the field is below the value.
	RuleLess RuleOperator = "Less"
	// RuleLessOrEqual holds when the field is the value or below.
	RuleLessOrEqual RuleOperator = "LessOrEqual"
	// RuleGreater holds when the field is above the value.
	RuleGreater RuleOperator = "Greater"
	// RuleGreaterOrEqual holds when the field is the value or above.
	RuleGreaterOrEqual RuleOperator = "GreaterOrEqual"
	// RuleBetween holds when the field is between the two values, both included.
	RuleBetween RuleOperator = "Between"
)

// RuleCondition compares one field of a conversion with values.
//
// +kubebuilder:validation:XValidation:rule="self.operator in ['In', 'StartsWith', 'Contains', 'Between'] || size(self.values) == 1",message="this operator takes exactly one value: use In for several",fieldPath=".values"
// +kubebuilder:validation:XValidation:rule="self.operator != 'Between' || size(self.values) == 2",message="Between takes two values, the lower and the upper end, both included",fieldPath=".values"
// +kubebuilder:validation:XValidation:rule="self.field != 'amount' || !(self.operator in ['StartsWith', 'Contains'])",message="amount is a number: use Equals, In, Less, LessOrEqual, Greater, GreaterOrEqual or Between",fieldPath=".operator"
// +kubebuilder:validation:XValidation:rule=`(self.field != 'amount' && self.operator in ['Equals', 'In', 'StartsWith', 'Contains']) || self.values.all(v, v.matches('^\\d+(\\.\\d+)?$'))`,message="numbers are compared as decimals: write each value like \"100\" or \"12.50\"",fieldPath=".values"
type RuleCondition struct {
	// field is amount, source, sub1 to sub10, adv_sub1 to adv_sub5, promo_code, country or device.
	//
	// +required
	Field RuleField `json:"field"`

	// operator is Equals, In, StartsWith, Contains, Less, LessOrEqual, Greater, GreaterOrEqual or Between (both ends included).
	//
	// +required
	Operator RuleOperator `json:"operator"`

	// values to compare with: one, for Between two, for In, StartsWith and Contains up to 50. Example: ["100"].
	//
	// +required
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=50
	// +kubebuilder:validation:items:MaxLength=128
	Values []string `json:"values"`
}

// PayoutRule gives terms to the conversions that it matches.
type PayoutRule struct {
	// name of the rule, unique in the object. Example: "big-baskets".
	//
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	Name string `json:"name"`

	// when are the conditions that must all hold, at most 8. Default: none, which always matches.
	// Example: [{field: amount, operator: GreaterOrEqual, values: ["100"]}].
	//
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=8
	When []RuleCondition `json:"when,omitempty"`

	// partners are the names of the Partners that the rule is for, at most 100. Default: all. Example: ["best-blog"].
	//
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=100
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=253
	// +kubebuilder:validation:items:Pattern=`^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$`
	Partners []string `json:"partners,omitempty"`

	// payout is what the partner gets. Default: the goal's own terms. Example: {type: Percentage, percent: "25"}.
	//
	// +optional
	Payout *PayoutTerms `json:"payout,omitempty"`

	// revenue is what the advertiser pays. Default: the goal's own terms.
	//
	// +optional
	Revenue *PayoutTerms `json:"revenue,omitempty"`
}
