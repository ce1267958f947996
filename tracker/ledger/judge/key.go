package judge

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"slices"

	"github.com/waypost/waypost/tracker/journal"
)

// Keys are what a postback is unique by. A zero key is none.
type Keys struct {
	// Order is (offer, goal, order id), whichever click it comes with.
	Order Key
	// Session is (session, goal), where multiple conversions are Disabled.
	Session Key
	// Repeat is the digest of the whole postback, where neither of the others
	// makes it unique: the identical one within seconds is a retry.
	Repeat Key
	// Single is the Session that a postback with a Repeat would have if the goal's
	// multiple conversions were Disabled. Nothing occupies it, but what was counted
	// under it before they were Enabled may be what the postback repeats.
	Single Key
}

// Session returns the id of the session that a postback belongs to: its click id,
// else its impression id. The partner's own server postbacks have none.
func Session(p *journal.Postback) string {
	if p.ClickID != "" {
		return p.ClickID
	}
	return p.AimpID
}

// KeysOf returns the keys of a postback that has Terms. Test postbacks and unknown
// goals have none.
func KeysOf(p *journal.Postback) Keys {
	if p.Test || p.Reason != "" || p.Terms == nil {
		return Keys{}
	}
	goal := &p.Terms.Goal
	if clickOnly(p) {
		return Keys{Repeat: repeatKey(p)}
	}
	k := uniqueKeys(p.Network, p.Terms.Offer.Name, goal, p.OrderID, Session(p), p.SessionAt)
	if k == (Keys{}) {
		k.Repeat = repeatKey(p)
		k.Single = sessionKey(p.Network, p.Terms.Offer.Name, goal.Value, Session(p), p.SessionAt)
	}
	return k
}

func uniqueKeys(network, offer string, goal *journal.GoalTerms, order, session string, at int64) Keys {
	var k Keys
	if order != "" {
		k.Order = digest("order", network, offer, goal.Value, order)
	}
	if !goal.Multiple {
		k.Session = sessionKey(network, offer, goal.Value, session, at)
	}
	return k
}

// sessionKey is the key of (session, goal), zero without a session.
func sessionKey(network, offer, goal, session string, at int64) Key {
	if session == "" {
		return Key{}
	}
	k := digest("session", network, session, offer, goal)
	// Sessions that convert lie close together in time, and so do their rows
	// when the key begins with it.
	binary.BigEndian.PutUint32(k[:], uint32(at))
	return k
}

// repeatKey holds everything that was sent, in whichever order: a retry may come through
// a sender that sorts its parameters anew.
func repeatKey(p *journal.Postback) Key {
	params := slices.Clone(p.Params)
	slices.SortFunc(params, func(a, b journal.Param) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Value, b.Value))
	})
	kind := "repeat"
	if clickOnly(p) {
		kind = "goal click" // a click link and a postback may well be sent alike
	}
	parts := []string{kind, p.Network, p.Terms.Offer.Name, p.Terms.Partner.Name, p.Terms.Goal.Value, Session(p)}
	for _, x := range params {
		parts = append(parts, x.Name, x.Value)
	}
	return digest(parts...)
}

// digest hashes texts so that no two different lists give the same input.
func digest(parts ...string) Key {
	var room [256]byte
	b := room[:0]
	for _, s := range parts {
		b = append(binary.AppendUvarint(b, uint64(len(s))), s...)
	}
	sum := sha256.Sum256(b)
	return Key(sum[:16])
}
