package journal

import (
	"slices"

	"github.com/waypost/waypost/api/money"
	"github.com/waypost/waypost/api/pricing"
	"github.com/waypost/waypost/api/snapshot"
)

// Entry is one thing that happened. Exactly one of its fields is set; none is
// when a newer tracker wrote a kind of entry that this version does not know, and
// such an entry is passed over.
type Entry struct {
	Click      *Click
	Impression *Impression
	Postback   *Postback
	Moderation *Moderation
	Tick       *Tick
}

// Traffic is what a click and an impression have in common. Offer, Partner
// and Network are object names; the tracking ids are in Context.
type Traffic struct {
	// ID is the click id, or the aimp_id of an impression, as text.
	ID string `cbor:"1,keyasint"`
	// At is the tracker's time in microseconds since 1970.
	At int64 `cbor:"2,keyasint"`
	// Context is the offer's configuration; shared by the events of the
	// offer and partner. It must not change once it was handed to a Writer, nor when a
	// Reader gave it.
	Context *Context `cbor:"-"`
	// Config, if it is set, is written in the place of the Context's: most
	// configurations leave most contexts as they were. A Reader sets the Context's.
	Config string `cbor:"-"`
	// Subs are the sub ids 1 to 10; a value over 500 bytes was left out and SubOverflow set.
	Subs        [10]string `cbor:"3,keyasint"`
	SubOverflow bool       `cbor:"4,keyasint,omitempty"`
	Source      string     `cbor:"5,keyasint,omitempty"`
	Ref         string     `cbor:"6,keyasint,omitempty"` // the partner's own click id
	ImpID       string     `cbor:"7,keyasint,omitempty"` // the partner's impression id
	IP          string     `cbor:"8,keyasint,omitempty"`
	UserAgent   string     `cbor:"9,keyasint,omitempty"`
	Referrer    string     `cbor:"10,keyasint,omitempty"`
	Country     string     `cbor:"11,keyasint,omitempty"` // ISO 3166-1 alpha-2
	Device      string     `cbor:"12,keyasint,omitempty"` // desktop, mobile, tablet, bot or ""
	OS          string     `cbor:"13,keyasint,omitempty"`
}

// Click is one counted visit through a tracking link.
type Click struct {
	Traffic
	// AimpID is the impression id that the click came with, or that the visitor's cookie had.
	AimpID string `cbor:"20,keyasint,omitempty"`
}

// Impression is one recorded showing.
type Impression struct {
	Traffic
	// DestinationName and DestinationURL (macros expanded) are where the
	// impression is to be delivered; empty when the offer has no destination.
	DestinationName string `cbor:"21,keyasint,omitempty"`
	DestinationURL  string `cbor:"22,keyasint,omitempty"`
}

// Context is the configuration behind a click or an impression.
type Context struct {
	Config     string `cbor:"1,keyasint"` // digest of the snapshot
	Network    string `cbor:"2,keyasint"`
	TimeZone   string `cbor:"3,keyasint,omitempty"` // of the network, for cap windows
	Offer      string `cbor:"4,keyasint"`
	OfferID    string `cbor:"5,keyasint"` // tracking id
	Advertiser string `cbor:"6,keyasint,omitempty"`
	Partner    string `cbor:"7,keyasint"`
	PartnerID  string `cbor:"8,keyasint"` // tracking id
	Currency   string `cbor:"9,keyasint"`
	// Payout and Revenue are what one click earns (CPC), or what a thousand
	// impressions earn (CPM).
	Payout  money.Amount `cbor:"10,keyasint,omitempty"`
	Revenue money.Amount `cbor:"11,keyasint,omitempty"`
	// Caps are the offer's caps that count this event.
	Caps []snapshot.Cap `cbor:"12,keyasint,omitempty"`

	// encoded are so many pairs, all but that of Config.
	encoded []byte
	pairs   byte
}

// Prepared returns a copy of c that has its encoding with it, for whatever
// configuration. A context that many batches will hold is found in one place then,
// and not in ten. It must not be changed any more.
func (c Context) Prepared() *Context {
	c.pairs = 0
	c.encoded = slices.Clip(appendSetting(nil, &c.pairs, &c))
	return &c
}

// Via is the door that a postback came through.
type Via uint8

// The doors. Keys and source addresses are checked at Server only.
const (
	ViaServer Via = iota
	ViaImage
	ViaIFrame
	ViaClick // /click.gif: recorded as a click, never as a conversion
)

// Param is one raw parameter of a request, in the order it came.
type Param struct {
	_     struct{} `cbor:",toarray"`
	Name  string
	Value string
}

// Postback is one postback or conversion pixel, with what the tracker made of it.
type Postback struct {
	// At is when the tracker received it, in microseconds since 1970; it is the
	// moment that prices the conversion.
	At      int64  `cbor:"1,keyasint"`
	Network string `cbor:"2,keyasint"`
	Config  string `cbor:"3,keyasint"` // digest of the snapshot
	Via     Via    `cbor:"4,keyasint,omitempty"`
	// SourceIP is the caller's address; for pixels the visitor's.
	SourceIP  string `cbor:"5,keyasint,omitempty"`
	UserAgent string `cbor:"6,keyasint,omitempty"`
	Country   string `cbor:"7,keyasint,omitempty"` // of SourceIP, pixels only
	Device    string `cbor:"8,keyasint,omitempty"` // pixels only
	// Params are all parameters as they came, without those that carry keys.
	Params []Param `cbor:"9,keyasint,omitempty"`
	// HTTPStatus is the status answered when the tracker itself decided (Reason
	// set); otherwise the verdict decides it.
	HTTPStatus int `cbor:"10,keyasint,omitempty"`

	// Reason is the first check that failed at the tracker; the ledger records it
	// and judges no further. "" when all the tracker's checks passed.
	// unknown_goal is set here too and recorded as a rejected conversion.
	Reason string `cbor:"11,keyasint,omitempty"`

	// With Reason, ClickID and AimpID all empty it is a ServerPartner postback: the
	// advertiser named offer and partner (see Terms) and there is no session. Each
	// such postback is a session of its own: nothing is too soon or too late, an
	// end point closes nothing, and it is a duplicate of an equal order id, or of
	// the identical postback (offer, partner, goal, parameters) within 10 s.
	ClickID string `cbor:"12,keyasint,omitempty"` // authenticated; "" when view-through
	AimpID  string `cbor:"13,keyasint,omitempty"` // authenticated
	// RawClickID is what was sent when it was no valid id.
	RawClickID string `cbor:"14,keyasint,omitempty"`
	// SessionAt is when the click (or impression) happened, read from its id,
	// in seconds since 1970.
	SessionAt int64  `cbor:"15,keyasint,omitempty"`
	GoalRaw   string `cbor:"16,keyasint,omitempty"` // as sent; "" when none was sent
	// OrderID is the advertiser's id of the order, "" when none was sent.
	OrderID string `cbor:"17,keyasint,omitempty"`
	// Amount is the sale amount; nil when not given.
	Amount *money.Amount `cbor:"18,keyasint,omitempty"`
	// Status is the one that the advertiser sent, 0 for none.
	Status   snapshot.ConversionStatus `cbor:"19,keyasint,omitempty"`
	Currency string                    `cbor:"20,keyasint,omitempty"`
	// Extras by canonical name: comment, promo_code, adv_sub1..5, custom_field1..15.
	Extras map[string]string `cbor:"21,keyasint,omitempty"`
	Test   bool              `cbor:"22,keyasint,omitempty"`
	// KeyProven reports that at least one key is configured for the network, the
	// advertiser or the offer and that every configured level was satisfied.
	KeyProven bool `cbor:"23,keyasint,omitempty"`
	// Trace is the W3C traceparent of the tracker's span, so that the ledger's is of
	// the same trace; "" when the postback is not traced. Nothing is judged by it.
	Trace string `cbor:"24,keyasint,omitempty"`
	// OrderIDMissing reports that the order id came as a word for nothing, such as
	// undefined or 0. OrderID is "" then.
	OrderIDMissing bool `cbor:"25,keyasint,omitempty"`
	// Terms is the configuration behind the postback; nil when the click id named nothing.
	// They must not change once they were handed to a Writer, nor when a Reader gave them.
	Terms *Terms `cbor:"-"`
}

// Terms is the configuration behind a postback: what judging and pricing need.
type Terms struct {
	Offer   OfferTerms    `cbor:"1,keyasint"`
	Partner PartnerTerms  `cbor:"2,keyasint"`
	Goal    GoalTerms     `cbor:"3,keyasint"`
	Pricing pricing.Terms `cbor:"4,keyasint"`
}

// OfferTerms is the part of an offer (and of its network) that a postback is judged by.
type OfferTerms struct {
	Name       string `cbor:"1,keyasint"`
	TrackingID string `cbor:"2,keyasint"`
	Title      string `cbor:"3,keyasint,omitempty"`
	Advertiser string `cbor:"4,keyasint,omitempty"`
	Currency   string `cbor:"5,keyasint"`
	// State decides offer_inactive: Deleted and Pending only.
	State       snapshot.State       `cbor:"6,keyasint,omitempty"`
	Attribution snapshot.Attribution `cbor:"7,keyasint"`
	HoldHours   int32                `cbor:"8,keyasint,omitempty"`
	// KeyRequired reports that network, advertiser or offer has a key: then only a
	// postback with KeyProven moves an existing conversion.
	KeyRequired bool `cbor:"9,keyasint,omitempty"`
	// Caps on conversions, payout and revenue that apply to this goal and partner.
	Caps     []snapshot.Cap `cbor:"10,keyasint,omitempty"`
	TimeZone string         `cbor:"11,keyasint,omitempty"` // of the network
}

// PartnerTerms is the part of a partner that a postback is judged by.
type PartnerTerms struct {
	Name       string `cbor:"1,keyasint"`
	TrackingID string `cbor:"2,keyasint"`
	// State decides partner_inactive: Blocked, Rejected and Deleted only.
	State snapshot.State `cbor:"3,keyasint,omitempty"`
	// Postbacks are the partner's outgoing URLs that could fire for this offer and
	// goal: the offer-scoped ones whose goal matches and the global ones whose goal
	// matches. Empty for private and click-only goals.
	Postbacks []snapshot.PartnerPostback `cbor:"4,keyasint,omitempty"`
}

// GoalTerms is the part of a goal that a postback is judged by.
type GoalTerms struct {
	Name  string `cbor:"1,keyasint,omitempty"` // object name; "" for the default goal
	Value string `cbor:"2,keyasint"`           // declared spelling
	Slug  string `cbor:"3,keyasint,omitempty"`
	RefID string `cbor:"4,keyasint,omitempty"`
	Title string `cbor:"5,keyasint,omitempty"`
	GoalRules
}

// GoalRules is snapshot.GoalRules with the numbers of GoalTerms. The tracker converts
// one into the other, which does not compile unless both have the same fields in the
// same order.
type GoalRules struct {
	Private   bool `cbor:"9,keyasint,omitempty"`
	ClickOnly bool `cbor:"10,keyasint,omitempty"`
	Multiple  bool `cbor:"6,keyasint,omitempty"`
	EndPoint  bool `cbor:"7,keyasint,omitempty"`
	Manual    bool `cbor:"8,keyasint,omitempty"`
}

// Moderation is a moderator's decision on one conversion, taken through the API.
type Moderation struct {
	At           int64                     `cbor:"1,keyasint"`
	Network      string                    `cbor:"2,keyasint"`
	ConversionID string                    `cbor:"3,keyasint"`
	Status       snapshot.ConversionStatus `cbor:"4,keyasint"`           // approved or rejected
	Reason       string                    `cbor:"5,keyasint,omitempty"` // internal; partners never see it
	Actor        string                    `cbor:"6,keyasint,omitempty"`
	// From is the status that the decision is about: it applies to no other. 0 is an
	// entry of before there was From, whose approval of a conversion on hold ends the hold.
	From snapshot.ConversionStatus `cbor:"7,keyasint,omitempty"`
	// Release makes an approval end the hold. A version that does not know it reads an
	// approval of before, which does the same.
	Release bool `cbor:"8,keyasint,omitempty"`
	// PartnerReason is what the partner reads in place of Reason, "" for a reason code alone.
	PartnerReason string `cbor:"9,keyasint,omitempty"`
	// Affirm makes the decision count where the conversion has its status already, unless
	// it repeats a person's. An entry of before there was Affirm changes nothing there.
	Affirm bool `cbor:"10,keyasint,omitempty"`
}

// Tick means that time has reached At (microseconds since 1970). The ledger
// appends it; holds end and cap windows turn by ticks alone, so that a rebuild
// from the journal gives equal rows.
type Tick struct {
	At int64 `cbor:"1,keyasint"`
}
