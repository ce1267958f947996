package judge

import (
	"slices"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/tracker/journal"
)

// clone copies a conversion so far that change does not touch the original.
func (c *Conversion) clone() *Conversion {
	n := *c
	n.History = append(make([]Change, 0, len(c.History)+1), c.History...)
	return &n
}

// change gives the conversion a status and notes it in the history. The reason of
// the change is that of the conversion when it is rejected.
func (c *Conversion) change(x Change) {
	x.From = c.Status
	c.History = append(c.History, x)
	c.Status, c.UpdatedAt = x.To, x.At
	c.Reason = ""
	if x.To != snapshot.StatusHold {
		c.HoldUntil = 0
	}
	if x.To != snapshot.StatusRejected {
		return
	}
	c.Reason = x.Reason
	if x.By == ByPostback && releases(x.Reason) {
		c.OrderKey, c.SessionKey, c.RepeatKey = Key{}, Key{}, Key{}
	}
}

// rejectedByAdvertiser reports whether an advertiser's postback rejected the
// conversion last. A moderator's words may read the same, also where they affirm it.
func (c *Conversion) rejectedByAdvertiser() bool {
	for _, x := range slices.Backward(c.History) {
		if x.From != x.To || x.Reason == ReasonByAdvertiser {
			return x.By == ByPostback && x.Reason == ReasonByAdvertiser && c.Reason == ReasonByAdvertiser
		}
	}
	return false
}

// decided returns the moderator's decision that gave a conversion its status or affirmed
// it last; nil if an advertiser's postback did. The end of a hold is part of the approval.
func decided(history []Change) *Change {
	for i := len(history) - 1; i >= 0; i-- {
		switch x := &history[i]; {
		case x.By == ByHold, x.From == x.To && (x.By == ByPostback || Forbids(x.Reason)):
		case x.By == ByPostback:
			return nil
		default:
			return x
		}
	}
	return nil
}

// Repeats reports whether a decision to give a conversion the status that it has adds
// nothing to its history: a moderator decided so before, and these words are not new. An
// approval without words affirms nothing; a rejection is to hold against postbacks.
func Repeats(history []Change, to snapshot.ConversionStatus, note, partner string) bool {
	last := decided(history)
	if last == nil {
		return to == snapshot.StatusApproved && note == "" && partner == ""
	}
	return (note == "" || note == last.Reason) && (partner == "" || partner == last.Partner)
}

// EndHold is the outcome when the hold of a conversion ends by itself. origin is
// the configuration that it was judged by.
func EndHold(found *Conversion, origin *journal.Terms, at int64) Outcome {
	n := found.clone()
	n.change(Change{At: at, To: snapshot.StatusApproved, By: ByHold})
	return Outcome{Conversion: n, Before: found, Fires: fires(origin, n)}
}
