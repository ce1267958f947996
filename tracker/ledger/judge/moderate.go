package judge

import (
	"cmp"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/tracker/journal"
)

// ReasonStatusChanged is why a decision changes nothing: the conversion no longer has
// the status that the decision is about.
const ReasonStatusChanged = "status_changed"

// Moderated is everything that the outcome of a moderation depends on.
type Moderated struct {
	Entry *journal.Moderation
	Found *Conversion
	// Origin is the configuration that the conversion was judged by.
	Origin *journal.Terms
	// Taken reports that another conversion occupies a key of this one by now; see
	// FreedKeys.
	Taken bool
	Used  UsedFunc
}

// Moderate carries out a moderator's decision: it rejects what is not rejected, approves
// what is not approved, and releases what is on hold. What has the status already is
// affirmed. The outcome has no Conversion when there is nothing to change, so a repeated
// decision changes nothing. Where caps, uniqueness or another status forbid it, the
// history notes the attempt and the status stays.
func Moderate(m *Moderated) Outcome {
	switch to, found := m.Entry.Status, m.Found.Status; {
	case to != snapshot.StatusApproved && to != snapshot.StatusRejected:
		return Outcome{}
	case m.settled():
		return m.affirm()
	case m.Entry.From != 0 && m.Entry.From != found:
		return m.attempt(ReasonStatusChanged)
	case to == snapshot.StatusRejected:
		return m.move(m.Found.clone(), to, m.reason())
	case found == snapshot.StatusRejected:
		return m.revive()
	}
	return m.approve(m.Found.clone())
}

// settled reports whether the conversion is what the decision makes of it already. One
// that the offer holds is approved as far as moderation goes: only a release, or an
// entry of before there was From, ends the hold.
func (m *Moderated) settled() bool {
	held := m.Found.HoldUntil != 0 && m.Entry.From != 0 && !m.Entry.Release
	return m.Found.Status == m.Entry.Status || held && m.Entry.Status == snapshot.StatusApproved
}

// affirm puts a decision into the history of a conversion that has its status already. A
// rejected one takes its key again, or a later postback would be judged afresh.
func (m *Moderated) affirm() Outcome {
	x := m.Entry
	if !x.Affirm || Repeats(m.Found.History, x.Status, x.Reason, x.PartnerReason) {
		return Outcome{}
	}
	n, why := m.Found.clone(), x.Reason
	if last := decided(n.History); last != nil {
		why, x.PartnerReason = cmp.Or(why, last.Reason), cmp.Or(x.PartnerReason, last.Partner)
	}
	if x.Status == snapshot.StatusRejected {
		why = cmp.Or(why, ReasonByModerator)
		if !m.Taken {
			m.occupy(n)
		}
	}
	return m.move(n, n.Status, why)
}

func (m *Moderated) reason() string {
	if m.Entry.Reason != "" {
		return m.Entry.Reason
	}
	return ReasonByModerator
}

// approve approves; while the offer's hold goes on, that means hold, unless the
// decision ends holds.
func (m *Moderated) approve(n *Conversion) Outcome {
	until := holdEnd(m.Origin, n.At)
	ends := m.Entry.Release || m.Entry.From == 0 && m.Found.Status == snapshot.StatusHold
	if !ends && m.Origin.Offer.HoldHours > 0 && until > m.Entry.At {
		n.HoldUntil = until
		return m.move(n, snapshot.StatusHold, m.Entry.Reason)
	}
	return m.move(n, snapshot.StatusApproved, m.Entry.Reason)
}

// revive approves a rejected conversion, which needs its key and a place in the
// caps again.
func (m *Moderated) revive() Outcome {
	n := m.Found.clone()
	n.Status = snapshot.StatusApproved // as it would be, for its keys and caps
	switch {
	case m.Taken:
		return m.attempt(ReasonDuplicate)
	case reached(m.Origin, n, m.Found, m.Used):
		return m.attempt(ReasonCapReached)
	}
	n.Status = m.Found.Status
	m.occupy(n)
	return m.approve(n)
}

// occupy gives a copy of the conversion its keys again.
func (m *Moderated) occupy(n *Conversion) {
	k := FreedKeys(m.Found, m.Origin)
	n.OrderKey, n.SessionKey = k.Order, k.Session
}

// FreedKeys are the keys of a conversion, whether it occupies them or not.
func FreedKeys(c *Conversion, origin *journal.Terms) Keys {
	if c.Dimensions.Goal == "" {
		return Keys{} // unknown goal
	}
	return uniqueKeys(c.Dimensions.Network, c.Dimensions.Offer, &origin.Goal, c.OrderID, sessionOf(c), c.SessionAt)
}

// sessionOf is Session of the postback that a conversion was made of.
func sessionOf(c *Conversion) string {
	if c.ClickID != "" {
		return c.ClickID
	}
	return c.AimpID
}

func (m *Moderated) attempt(why string) Outcome {
	n := m.Found.clone()
	n.History = append(n.History, Change{At: m.Entry.At, From: n.Status, To: n.Status, By: m.by(), Reason: why})
	n.UpdatedAt = m.Entry.At
	return Outcome{Conversion: n, Before: m.Found}
}

func (m *Moderated) move(n *Conversion, to snapshot.ConversionStatus, why string) Outcome {
	n.change(Change{At: m.Entry.At, To: to, By: m.by(), Reason: why, Partner: m.Entry.PartnerReason})
	o := Outcome{Conversion: n, Before: m.Found}
	if to != m.Found.Status {
		o.Fires = fires(m.Origin, n)
	}
	if n.Counts() && !m.Found.Counts() && m.Origin.Goal.EndPoint {
		o.Closes = sessionOf(n)
	}
	return o
}

// by is the moderator's name, which must not pass for a built-in one.
func (m *Moderated) by() string {
	switch m.Entry.Actor {
	case "", ByPostback, ByHold:
		return "moderator " + m.Entry.Actor
	}
	return m.Entry.Actor
}
