package judge

import (
	"github.com/waypost/waypost/api/money"
	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/tracker/journal"
)

// Dimensions are what everything is counted by, in all reports. The goal is its
// declared value, "" for clicks, impressions and unknown goals.
type Dimensions struct {
	Network    string
	Offer      string
	Partner    string
	Advertiser string
	Goal       string
	Currency   string
	// Private reports that the goal was private when this was counted.
	Private bool
}

// Key is the digest of what must be unique. The zero key is none.
type Key [16]byte

// Conversion is one judged result, as it stands now.
type Conversion struct {
	// ID derives from the journal alone, so that a rebuild gives the same.
	ID string
	// At is when the tracker received the first postback, in microseconds since
	// 1970; Day is its day in the network's time zone, counted from 1970-01-01.
	At         int64
	Day        int64
	Dimensions Dimensions

	Status snapshot.ConversionStatus
	// Reason is a reason code (docs/rules.md) where the status is rejected, or the
	// moderator's own words; order_id_missing where it is pending for that; else "".
	Reason string

	// ClickID and AimpID are as the postback gave them; the click decides.
	ClickID   string
	AimpID    string
	SessionAt int64 // of the click or impression, seconds since 1970; 0 without a session
	// ClickMissing reports click_data_missing: there was no row of the click (or
	// impression), so rules on its data did not match.
	ClickMissing bool
	OrderID      string
	GoalRaw      string
	Amount       *money.Amount // of the sale; nil when not given
	Payout       money.Amount
	Revenue      money.Amount
	PayoutRule   string // the rule that priced it, as `waypost explain` names it
	RevenueRule  string
	Config       string // digest of the snapshot it was priced with
	Via          journal.Via
	// Said is the status that a postback brought last, 0 if none did.
	Said snapshot.ConversionStatus
	// HoldUntil is when the hold ends by itself, in microseconds since 1970; 0
	// when it does not, or there is none.
	HoldUntil int64

	// What the click (or impression) held.
	Source  string
	Ref     string
	ImpID   string
	Country string
	Device  string
	Subs    [10]string
	Extras  map[string]string

	History []Change
	// Terms is the digest of the configuration it was judged by; see store.
	Terms Key
	// OrderKey and SessionKey are the keys that it occupies.
	OrderKey   Key
	SessionKey Key
	// RepeatKey is what Keys.Repeat is of the identical postback once the goal's
	// multiple conversions are Enabled; zero where Keys.Repeat itself was kept, with
	// an order id, and when its key was released.
	RepeatKey Key
	// UpdatedAt is when it last changed, in microseconds since 1970.
	UpdatedAt int64
}

// Change is one entry of a conversion's history.
type Change struct {
	At   int64                     // microseconds since 1970
	From snapshot.ConversionStatus // 0 at the beginning
	To   snapshot.ConversionStatus
	// By is ByPostback, ByHold, or the name of a moderator.
	By     string
	Reason string
	// Partner is what the partner reads in place of a moderator's Reason, "" for a
	// reason code alone.
	Partner string
}

// The authors of changes that no moderator makes.
const (
	ByPostback = "postback"
	ByHold     = "hold"
)

// Counts reports whether the conversion takes a place in caps: approved, pending
// and hold do.
func (c *Conversion) Counts() bool { return c.Status != snapshot.StatusRejected }

// Visit is what is known of a click or an impression.
type Visit struct {
	At       int64 // microseconds since 1970
	Source   string
	Ref      string
	ImpID    string
	AimpID   string
	Country  string
	Device   string
	OS       string
	Subs     [10]string
	IP       string // "" once --retain-personal has passed
	Agent    string
	Referrer string
}
