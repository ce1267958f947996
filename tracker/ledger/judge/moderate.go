package judge

import (
	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/tracker/journal"
)

// Moderated is everything that the outcome of a moderation depends on.
type Moderated struct {
	Entry *journal.Moderation
	Found *Conversion
	// Origin is the configuration that the conversion was judged by.
	Origin *journal.Terms
	// Taken says that another conversion occupies a key of this one by now; see
	// FreedKeys.
	Taken bool
	Used  UsedFunc
}

// Moderate carries out a person's decision: it rejects what is not rejected, and
// approves what is not approved. The outcome has no Conversion when there is
// nothing to change; where caps or uniqueness forbid it, the history notes the
// attempt and the status stays.
func Moderate(m *Moderated) Outcome {
	switch status := m.Found.Status; {
	case m.Entry.Status == snapshot.StatusRejected && status != snapshot.StatusRejected:
		return m.move(m.Found.clone(), snapshot.StatusRejected, m.reason())
	case m.Entry.Status != snapshot.StatusApproved || status == snapshot.StatusApproved:
		return Outcome{}
	case status == snapshot.StatusRejected:
		return m.revive()
	}
	return m.approve(m.Found.clone())
}

func (m *Moderated) reason() string {
	if m.Entry.Reason != "" {
		return m.Entry.Reason
	}
	return ReasonByModerator
}

// approve approves; while the offer's hold of what was not yet held goes on, that
// means hold.
func (m *Moderated) approve(n *Conversion) Outcome {
	until := holdEnd(m.Origin, n.At)
	if m.Found.Status != snapshot.StatusHold && m.Origin.Offer.HoldHours > 0 && until > m.Entry.At {
		n.HoldUntil = until
		return m.move(n, snapshot.StatusHold, m.Entry.Reason)
	}
	return m.move(n, snapshot.StatusApproved, m.Entry.Reason)
}

// revive approves a rejected conversion, which needs its key and a place in the
// caps again.
func (m *Moderated) revive() Outcome {
	n := m.Found.clone()
	n.Status = snapshot.StatusApproved // to see what it would take
	switch {
	case m.Taken:
		return m.attempt(ReasonDuplicate)
	case reached(m.Origin, n, m.Found, m.Used):
		return m.attempt(ReasonCapReached)
	}
	n.Status = m.Found.Status
	k := FreedKeys(m.Found, m.Origin)
	n.OrderKey, n.SessionKey = k.Order, k.Session
	return m.approve(n)
}

// FreedKeys are the keys of a conversion, whether it occupies them or not.
func FreedKeys(c *Conversion, origin *journal.Terms) Keys {
	if c.Cell.Goal == "" {
		return Keys{} // unknown goal
	}
	return uniqueKeys(c.Cell.Network, c.Cell.Offer, &origin.Goal, c.OrderID, sessionOf(c), c.SessionAt)
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
	n.change(Change{At: m.Entry.At, To: to, By: m.by(), Reason: why})
	o := Outcome{Conversion: n, Before: m.Found, Fires: fires(m.Origin, n)}
	if n.Counts() && !m.Found.Counts() && m.Origin.Goal.EndPoint {
		o.Closes = sessionOf(n)
	}
	return o
}

// by is the moderator's name, which must not pass for one of ours.
func (m *Moderated) by() string {
	switch m.Entry.Actor {
	case "", ByPostback, ByHold:
		return "moderator " + m.Entry.Actor
	}
	return m.Entry.Actor
}
