package snapshot

import "github.com/waypost/waypost/api/money"

// State is the life cycle state of an object. The zero value is Active.
type State uint8

// The states of all kinds. The states that are possible for a kind are listed at its
// type in v1alpha1.
const (
	Active State = iota
	Paused
	Pending
	Expired
	Blocked
	Rejected
	Deleted
)

// KeyDigest is a postback key as a snapshot may carry it: HMAC-SHA256 of the key
// under a key derived from the sealing key with id SealingKey. See api/seal.
type KeyDigest struct {
	_          struct{} `cbor:",toarray"`
	SealingKey uint8
	Digest     []byte
}

// Network is the compiled form of a Network, or of the defaults where a
// namespace has none; every published namespace has exactly one.
type Network struct {
	Title           string   `cbor:"1,keyasint,omitempty"`
	Currency        string   `cbor:"2,keyasint,omitempty"`
	TimeZone        string   `cbor:"3,keyasint,omitempty"`
	TrackingDomains []string `cbor:"4,keyasint,omitempty"` // lower case
	FallbackURL     string   `cbor:"5,keyasint,omitempty"`
	GoalsDisabled   bool     `cbor:"6,keyasint,omitempty"`
	// KeyRequired is true where every postback must carry a key of Keys; with an
	// empty Keys no postback passes (fail closed).
	KeyRequired bool        `cbor:"7,keyasint,omitempty"`
	Keys        []KeyDigest `cbor:"8,keyasint,omitempty"`
	// CreatedAt (unix seconds) decides which network a Host claimed twice goes to: the older.
	CreatedAt int64 `cbor:"9,keyasint,omitempty"`
	// ApprovalDisabled and EncryptedTracking are defaults that goals already
	// contain; they stand here so that the last good Network can be taken up again.
	ApprovalDisabled  bool `cbor:"10,keyasint,omitempty"`
	EncryptedTracking bool `cbor:"11,keyasint,omitempty"`
}

// Advertiser is the compiled form of an Advertiser.
type Advertiser struct {
	Title           string      `cbor:"1,keyasint,omitempty"`
	State           State       `cbor:"2,keyasint,omitempty"`
	KeyRequired     bool        `cbor:"3,keyasint,omitempty"`
	Keys            []KeyDigest `cbor:"4,keyasint,omitempty"`
	Sources         []string    `cbor:"5,keyasint,omitempty"` // CIDR prefixes, canonical
	BlockedPartners []string    `cbor:"6,keyasint,omitempty"` // names, sorted
}

// Partner is the compiled form of a Partner.
type Partner struct {
	TrackingID    string            `cbor:"1,keyasint"`
	Title         string            `cbor:"2,keyasint,omitempty"`
	State         State             `cbor:"3,keyasint,omitempty"`
	Tier          string            `cbor:"4,keyasint,omitempty"`
	BlockedOffers []string          `cbor:"5,keyasint,omitempty"` // names, sorted
	Postbacks     []PartnerPostback `cbor:"6,keyasint,omitempty"` // only the accepted ones
}

// ConversionStatus is the status of a conversion.
type ConversionStatus uint8

// The statuses, by their numbers in postbacks (docs/rules.md, "Verdicts").
const (
	StatusApproved ConversionStatus = 1
	StatusPending  ConversionStatus = 2
	StatusRejected ConversionStatus = 3
	StatusHold     ConversionStatus = 5
)

// PartnerPostback is one outgoing URL of a partner.
type PartnerPostback struct {
	Name string `cbor:"1,keyasint"`
	URL  string `cbor:"2,keyasint"`
	// Offer is the offer's name, "" for a global postback.
	Offer string `cbor:"3,keyasint,omitempty"`
	// Goal is the declared spelling of the goal value, "" for every goal.
	Goal string             `cbor:"4,keyasint,omitempty"`
	On   []ConversionStatus `cbor:"5,keyasint,omitempty"`
}

// Offer is the compiled form of an Offer.
type Offer struct {
	TrackingID      string   `cbor:"1,keyasint"`
	Title           string   `cbor:"2,keyasint,omitempty"`
	Advertiser      string   `cbor:"3,keyasint"` // name
	State           State    `cbor:"4,keyasint,omitempty"`
	ApprovalNeeded  bool     `cbor:"5,keyasint,omitempty"` // access: ApprovalRequired
	Approved        []string `cbor:"6,keyasint,omitempty"` // partner names, sorted
	BlockedPartners []string `cbor:"7,keyasint,omitempty"` // names, sorted
	DestinationURL  string   `cbor:"8,keyasint"`
	PreviewURL      string   `cbor:"9,keyasint,omitempty"`
	FallbackURL     string   `cbor:"10,keyasint,omitempty"` // the offer's own; the network's comes after it
	DeepLinkHosts   []string `cbor:"11,keyasint,omitempty"` // lower case, ASCII (punycode)
	Currency        string   `cbor:"12,keyasint"`
	// GoalsDisabled is the offer's own switch; the network's is in Network.
	GoalsDisabled bool `cbor:"13,keyasint,omitempty"`
	// DefaultGoal has value "1". Every offer has one, so it is never nil in a record
	// that has been read; a tracker keeps it elsewhere and sets it to nil.
	DefaultGoal *Goal `cbor:"14,keyasint"`
	// CPC amounts per click.
	ClickPayout  money.Amount `cbor:"15,keyasint,omitempty"`
	ClickRevenue money.Amount `cbor:"16,keyasint,omitempty"`
	// CPM amounts, per thousand impressions.
	Impressions       bool          `cbor:"17,keyasint,omitempty"`
	ImpressionPayout  money.Amount  `cbor:"18,keyasint,omitempty"`
	ImpressionRevenue money.Amount  `cbor:"19,keyasint,omitempty"`
	Destinations      []Destination `cbor:"20,keyasint,omitempty"`
	Attribution       Attribution   `cbor:"21,keyasint"`
	HoldHours         int32         `cbor:"22,keyasint,omitempty"`
	KeyRequired       bool          `cbor:"23,keyasint,omitempty"`
	Keys              []KeyDigest   `cbor:"24,keyasint,omitempty"`
	Caps              []Cap         `cbor:"25,keyasint,omitempty"`
}

// Destination is one advertiser URL that recorded impressions are delivered to.
type Destination struct {
	_      struct{} `cbor:",toarray"`
	Name   string
	URL    string
	Weight int32
}

// Attribution bounds how old a click or impression may be when it converts.
type Attribution struct {
	ClickLookbackHours      int32 `cbor:"1,keyasint,omitempty"`
	MinimumClickSeconds     int32 `cbor:"2,keyasint,omitempty"`
	ViewThrough             bool  `cbor:"3,keyasint,omitempty"`
	ImpressionLookbackHours int32 `cbor:"4,keyasint,omitempty"`
}

// CapMetric is what a cap counts.
type CapMetric uint8

// The metrics of caps.
const (
	CapClicks CapMetric = iota + 1
	CapImpressions
	CapConversions
	CapPayout
	CapRevenue
)

// CapWindow is the calendar window that a cap counts in, in the network's time zone.
type CapWindow uint8

// The windows of caps.
const (
	CapHour CapWindow = iota + 1
	CapDay
	CapMonth
	CapLifetime
)

// Cap limits an offer's traffic, conversions or money. Limit is a count for the
// first three metrics and millionths for money.
type Cap struct {
	Name   string    `cbor:"1,keyasint"`
	Metric CapMetric `cbor:"2,keyasint"`
	Window CapWindow `cbor:"3,keyasint"`
	Limit  int64     `cbor:"4,keyasint"`
	// Goal is the declared goal value, "" for all goals.
	Goal string `cbor:"5,keyasint,omitempty"`
	// PerPartner counts each partner by itself; else the offer as a whole.
	PerPartner bool `cbor:"6,keyasint,omitempty"`
	// Partners (names, sorted) restricts the cap to them; empty means all.
	Partners []string `cbor:"7,keyasint,omitempty"`
}

// Protocol is how conversions of a goal arrive.
type Protocol uint8

// The protocols, TUNE's names behind them.
const (
	ProtocolServer        Protocol = iota // server
	ProtocolImage                         // http_img
	ProtocolImageSSL                      // https_img
	ProtocolIFrame                        // http
	ProtocolIFrameSSL                     // https
	ProtocolServerPartner                 // server_affiliate
)

// Goal is the compiled form of a Goal, or of an offer's default goal.
type Goal struct {
	Offer       string   `cbor:"1,keyasint,omitempty"` // name; "" inside an Offer
	Value       string   `cbor:"2,keyasint"`
	Title       string   `cbor:"3,keyasint,omitempty"`
	Slug        string   `cbor:"4,keyasint,omitempty"`
	SlugAliases []string `cbor:"5,keyasint,omitempty"`
	RefID       string   `cbor:"6,keyasint,omitempty"`
	State       State    `cbor:"7,keyasint,omitempty"` // Active or Deleted
	Protocol    Protocol `cbor:"9,keyasint,omitempty"`
	GoalRules
	Payout  Pay `cbor:"11,keyasint"`
	Revenue Pay `cbor:"12,keyasint"`
	// Encrypted is encryptedTracking: Required, already combined with the network's default.
	Encrypted bool `cbor:"16,keyasint,omitempty"`
}

// GoalRules are the settings of a goal that its conversions are judged by. Trackers keep
// and pass them on as a whole: journal.GoalRules has the same fields. The numbers are
// those of Goal, of which they are part.
type GoalRules struct {
	Private   bool `cbor:"8,keyasint,omitempty"`
	ClickOnly bool `cbor:"10,keyasint,omitempty"` // recordAs: Click
	Multiple  bool `cbor:"13,keyasint,omitempty"`
	EndPoint  bool `cbor:"14,keyasint,omitempty"`
	// Manual is approval: Manual, already combined with the network's conversionApproval.
	Manual bool `cbor:"15,keyasint,omitempty"`
}

// Pay is one side of a goal: what the partner gets, or what the advertiser pays.
type Pay struct {
	Flat    money.Amount  `cbor:"1,keyasint,omitempty"`
	Percent money.Percent `cbor:"2,keyasint,omitempty"`
	// Tiers and Structure exclude each other.
	Tiers []TierPay `cbor:"3,keyasint,omitempty"`
	// Structure is the name of a PayoutStructure of the network, "" for none.
	Structure string `cbor:"4,keyasint,omitempty"`
}

// TierPay is what a partner of a tier gets instead; a nil term keeps the goal's own.
type TierPay struct {
	Tier    string         `cbor:"1,keyasint"`
	Flat    *money.Amount  `cbor:"2,keyasint,omitempty"`
	Percent *money.Percent `cbor:"3,keyasint,omitempty"`
}

// PayoutTerms are the flat and the percentage term of an override or a rule.
type PayoutTerms struct {
	Flat    money.Amount  `cbor:"1,keyasint,omitempty"`
	Percent money.Percent `cbor:"2,keyasint,omitempty"`
}

// PartnerPayout is the compiled form of a PartnerPayout: the accepted overrides,
// sorted by (Offer, Goal) and then in the order in which pricing considers them.
type PartnerPayout struct {
	Partner string `cbor:"1,keyasint"` // name
	// CreatedAt (unix seconds) orders overrides of several objects: the older object wins.
	CreatedAt int64      `cbor:"2,keyasint,omitempty"`
	Overrides []Override `cbor:"3,keyasint,omitempty"`
}

// Override is one custom payout of a partner for an offer's goal. A nil side is
// not overridden.
type Override struct {
	Name  string `cbor:"1,keyasint"`
	Offer string `cbor:"2,keyasint"` // name
	// Goal is the declared goal value.
	Goal    string       `cbor:"3,keyasint"`
	Payout  *PayoutTerms `cbor:"4,keyasint,omitempty"`
	Revenue *PayoutTerms `cbor:"5,keyasint,omitempty"`
	// From (inclusive) and Until (exclusive) are unix seconds; 0 is open.
	From  int64 `cbor:"6,keyasint,omitempty"`
	Until int64 `cbor:"7,keyasint,omitempty"`
}

// PayoutStructure is the compiled form of a PayoutStructure: rules in the order
// in which they are tried.
type PayoutStructure struct {
	Rules []Rule `cbor:"1,keyasint,omitempty"`
}

// Rule applies to a conversion when all its conditions hold and its partner is
// one of Partners (or Partners is empty). A nil side is not given by the rule.
type Rule struct {
	Name     string       `cbor:"1,keyasint"`
	When     []Condition  `cbor:"2,keyasint,omitempty"`
	Partners []string     `cbor:"3,keyasint,omitempty"` // names, sorted
	Payout   *PayoutTerms `cbor:"4,keyasint,omitempty"`
	Revenue  *PayoutTerms `cbor:"5,keyasint,omitempty"`
}

// Operator compares a field of a conversion with a condition's values.
type Operator uint8

// The operators of conditions. Text compares exactly, numbers as decimals.
const (
	OpEquals Operator = iota + 1
	OpIn
	OpStartsWith
	OpContains
	OpLess
	OpLessOrEqual
	OpGreater
	OpGreaterOrEqual
	OpBetween // both ends included
)

// Condition is one test of a rule. An absent field never matches.
type Condition struct {
	_        struct{} `cbor:",toarray"`
	Field    string
	Operator Operator
	Values   []string
}
