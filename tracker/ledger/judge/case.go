package judge

import (
	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/tracker/journal"
)

// Case is everything that the verdict on one postback depends on.
type Case struct {
	// ID is the id of the postback, and of the conversion that it may become.
	ID       string
	Postback *journal.Postback
	// Day is the day of the postback in the network's time zone.
	Day  int64
	Keys Keys
	// Click is the row of the session's click or impression; nil if it is gone or
	// there is no session.
	Click *Visit
	// SessionClosed says that an end point has closed the session.
	SessionClosed bool
	// ByOrder and BySession are the conversions that occupy the two keys, nil if none.
	ByOrder   *Conversion
	BySession *Conversion
	// Origin is the configuration that the found conversion was judged by.
	Origin *journal.Terms
	// RepeatAt is when Keys.Repeat was last counted, in microseconds since 1970; 0 never.
	RepeatAt int64
	// Single is the conversion that occupies Keys.Single, nil if none.
	Single *Conversion
	// Used says how far a cap is used in the window of at.
	Used UsedFunc
}

// UsedFunc says how far a cap of an offer is used, a count or millionths, in the
// window that holds the conversion's time. The cap is one of the offer's terms.
type UsedFunc func(c *snapshot.Cap, of *Conversion) int64

// Outcome is what becomes of a postback, a moderation or the end of a hold.
type Outcome struct {
	// Verdict is the answer; it is set for postbacks only.
	Verdict journal.Verdict
	// Conversion is the new or changed conversion, nil when the books stay as they
	// are. Before is what it was, nil for a new one.
	Conversion *Conversion
	Before     *Conversion
	// Closes is the session that is closed now, "" for none.
	Closes string
	// GoalClick says that the goal is counted as a click.
	GoalClick bool
	// Remember says that Keys.Repeat counts from now.
	Remember bool
	// Fires are the partner's postbacks that this calls for.
	Fires []snapshot.PartnerPostback
	// ClickMissing says that there was no row of the click.
	ClickMissing bool
}

// clickOnly reports whether a postback is counted as a click and never becomes a
// conversion.
func clickOnly(p *journal.Postback) bool {
	return p.Via == journal.ViaClick || p.Terms.Goal.ClickOnly
}
