package v1alpha1

// CapMetric is what a cap counts.
//
// +kubebuilder:validation:Enum=Clicks;Impressions;Conversions;Payout;Revenue
type CapMetric string

const (
	// CapMetricClicks counts clicks; over it the fallback is served, within about a second.
	CapMetricClicks CapMetric = "Clicks"
	// CapMetricImpressions counts impressions; over it none is recorded, within about a second.
	CapMetricImpressions CapMetric = "Impressions"
	// CapMetricConversions counts approved, pending and hold conversions, exactly.
	CapMetricConversions CapMetric = "Conversions"
	// CapMetricPayout adds up what partners get, exactly; it is never exceeded.
	CapMetricPayout CapMetric = "Payout"
	// CapMetricRevenue adds up what the advertiser pays, exactly; it is never exceeded.
	CapMetricRevenue CapMetric = "Revenue"
)

// CapWindow is the time after which a cap begins anew, in the network's time zone.
//
// +kubebuilder:validation:Enum=Hour;Day;Month;Lifetime
type CapWindow string

const (
	// CapWindowHour begins at every full hour.
	CapWindowHour CapWindow = "Hour"
	// CapWindowDay begins at midnight.
	CapWindowDay CapWindow = "Day"
	// CapWindowMonth begins on the first of the month.
	CapWindowMonth CapWindow = "Month"
	// CapWindowLifetime never begins anew.
	CapWindowLifetime CapWindow = "Lifetime"
)

// CapScope is the set of conversions that share a cap.
//
// +kubebuilder:validation:Enum=Offer;Partner
type CapScope string

const (
	// CapScopeOffer is one count for all partners together.
	CapScopeOffer CapScope = "Offer"
	// CapScopePartner is a count for each partner.
	CapScopePartner CapScope = "Partner"
)

// Cap limits what an offer takes in a window of time.
//
// +kubebuilder:validation:XValidation:rule="self.metric in ['Payout', 'Revenue'] || self.limit.matches('^[0-9]*$')",message="a limit of Clicks, Impressions or Conversions is a whole number, for example \"1000\"",fieldPath=".limit"
// +kubebuilder:validation:XValidation:rule="!has(self.goal) || !(self.metric in ['Clicks', 'Impressions'])",message="clicks and impressions have no goal: remove goal, or set metric to Conversions, Payout or Revenue",fieldPath=".goal"
type Cap struct {
	// name of the cap, unique in the offer. Example: "daily".
	//
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	Name string `json:"name"`

	// metric is what is counted: Clicks, Impressions, Conversions, Payout or Revenue.
	//
	// +required
	Metric CapMetric `json:"metric"`

	// window is when the count begins anew, in the network's time zone: Hour, Day, Month or Lifetime (never).
	//
	// +required
	Window CapWindow `json:"window"`

	// limit is the last count that is accepted: a whole number, or for Payout and Revenue an amount in the offer's currency.
	// Example: "1000".
	//
	// +required
	Limit Amount `json:"limit"`

	// goal is the value of the goal whose conversions count; case is ignored. Default: all goals. Example: "2".
	//
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:XValidation:rule=`self.matches('^[A-Za-z0-9_-]*$')`,message="write the value of a goal, which has only letters, digits, \"_\" and \"-\", for example \"2\" or \"sign-up\""
	Goal string `json:"goal,omitempty"`

	// per is Offer for one count over all partners, or Partner for a count for each. Default: Offer.
	//
	// +optional
	// +kubebuilder:default=Offer
	Per CapScope `json:"per,omitempty"`

	// partners are the names of the Partners that the cap is for. Default: all. Example: ["best-blog"].
	//
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=100
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=253
	// +kubebuilder:validation:items:Pattern=`^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$`
	Partners []string `json:"partners,omitempty"`
}
