package replay

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"net/netip"
	"time"

	"github.com/waypost/waypost/api/pricing"
	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/tracker/journal"
	"github.com/waypost/waypost/tracker/ledger/judge"
	"github.com/waypost/waypost/tracker/ledger/report/books"
	"github.com/waypost/waypost/tracker/ledger/store"
	"github.com/waypost/waypost/tracker/live"
	"github.com/waypost/waypost/tracker/server"
)

// Visits finds what a click or an impression brought along, by its id; nil if that
// is not known any more.
type Visits func(id string) (*judge.Visit, error)

// reasonBadKey is the tracker's reason for a postback without the right key.
const reasonBadKey = "bad_key"

// Replay is the books as they would be. It takes conversions as they were recorded,
// then what happened in its order, then it is asked for the outcome.
type Replay struct {
	check  *server.Rechecker
	visits Visits
	// since is the beginning of what is replayed, in microseconds.
	since    int64
	recorded map[string]*books.Conversion
	// as are the recorded conversions that stand in the new books as they were, and
	// unlogged those of which no postback has come.
	as, unlogged map[string]bool

	conversions        map[string]*conversion
	byOrder, bySession map[judge.Key]*conversion
	closed             map[string]bool
	repeats            map[judge.Key]int64
	caps               caps
	left               Left
}

// conversion is one of the new books, with what it was judged by.
type conversion struct {
	*judge.Conversion
	terms *journal.Terms
}

// Left counts what could not be replayed.
type Left struct {
	// Unknown are postbacks of offers or partners that the configuration lacks.
	Unknown int `json:"unknownOfferOrPartner"`
	// Keys are postbacks that were refused for their key: keys are not kept.
	Keys int `json:"badKey"`
	// Before are postbacks on conversions or sessions of before the time.
	Before int `json:"fromBefore"`
	// Unlogged are conversions whose postback is not in the log any more.
	Unlogged int `json:"notInLog"`
	// Visits are postbacks whose click's data are gone: rules on it did not match.
	Visits int `json:"clickDataMissing"`
	// Caps says that caps were counted from the beginning of the time on.
	Caps bool `json:"capsFromBeginning"`
}

// New returns empty books under a configuration.
func New(index *live.Index, since time.Time, visits Visits) *Replay {
	return &Replay{
		check: server.NewRechecker(index), visits: visits, since: since.UnixMicro(),
		recorded: map[string]*books.Conversion{}, as: map[string]bool{}, unlogged: map[string]bool{}, conversions: map[string]*conversion{},
		byOrder: map[judge.Key]*conversion{}, bySession: map[judge.Key]*conversion{},
		closed: map[string]bool{}, repeats: map[judge.Key]int64{}, caps: newCaps(),
	}
}

// Recorded takes a conversion as it stands in the books. All of them come before
// what happened.
func (r *Replay) Recorded(c *books.Conversion) { r.recorded[c.ID], r.unlogged[c.ID] = c, true }

// Postback judges a line of the log again.
func (r *Replay) Postback(line *books.Postback) error {
	delete(r.unlogged, line.ID)
	if line.Test || r.concernsEarlier(line) {
		return nil
	}
	if line.Offer == "" || line.Partner == "" {
		return nil // nobody's, under any configuration
	}
	entry, known := r.check.Check(recordedOf(line))
	switch {
	case !known:
		r.left.Unknown++
		if r.recorded[line.ID] != nil {
			r.as[line.ID] = true
		}
		return nil
	case entry.Reason == reasonBadKey:
		r.left.Keys++
		return nil
	}
	c, err := r.caseOf(line.ID, entry)
	if err != nil {
		return err
	}
	r.book(judge.Postback(c), entry)
	return nil
}

// concernsEarlier reports whether a postback can only be understood with what came
// before the time: it moved or repeated a conversion of then, or its session was
// closed by one.
func (r *Replay) concernsEarlier(line *books.Postback) bool {
	moved := line.Conversion != "" && r.recorded[line.Conversion] == nil
	closed := line.Reason == judge.ReasonSessionClosed && sessionAt(line)*1_000_000 < r.since
	if moved || closed {
		r.left.Before++
	}
	return moved || closed
}

// sessionAt is when the click or impression was, in seconds since 1970. Its id says
// so; the delay of one of the future is 0.
func sessionAt(line *books.Postback) int64 {
	if line.DelaySeconds == nil {
		return 0
	}
	if id := store.VisitID(cmp.Or(line.ClickID, line.AimpID)); id[0] != 0 {
		return int64(binary.BigEndian.Uint32(id[1:]))
	}
	return line.Time.Unix() - *line.DelaySeconds
}

func recordedOf(line *books.Postback) *server.Recorded {
	source, err := netip.ParseAddr(line.Source)
	if err != nil {
		source = netip.Addr{} // not kept any more
	}
	in := &server.Recorded{
		At: line.Time, Network: line.Network, Offer: line.Offer, Partner: line.Partner, Reason: line.Reason, Goal: line.Goal,
		ClickID: line.ClickID, AimpID: line.AimpID, SessionAt: sessionAt(line), Source: source, Params: line.Params,
	}
	for via, name := range books.Vias {
		if name == line.Via {
			in.Via = journal.Via(via)
		}
	}
	return in
}

// caseOf collects what the verdict depends on.
func (r *Replay) caseOf(id string, entry *journal.Postback) (*judge.Case, error) {
	session, keys := judge.Session(entry), judge.KeysOf(entry)
	c := &judge.Case{
		ID: id, Postback: entry, Keys: keys, Day: judge.Day(entry.At, zone(entry.Terms.Offer.TimeZone)),
		SessionClosed: session != "" && r.closed[session], RepeatAt: r.repeats[keys.Repeat],
	}
	origin := entry.Terms
	if found := r.byOrder[keys.Order]; found != nil {
		r.endHold(found, entry.At)
		c.ByOrder, c.Origin, origin = found.Conversion, found.terms, found.terms
	} else if found := r.bySession[keys.Session]; found != nil {
		r.endHold(found, entry.At)
		c.BySession, c.Origin, origin = found.Conversion, found.terms, found.terms
	}
	c.Used = r.caps.used(origin)
	r.left.Caps = r.left.Caps || len(entry.Terms.Offer.Caps) > 0
	return c, r.findVisit(c, session)
}

// findVisit looks the click's data up where a rule may ask for them.
func (r *Replay) findVisit(c *judge.Case, session string) (err error) {
	if session == "" || !asksVisit(c.Postback.Terms) {
		return nil
	}
	if c.Click, err = r.visits(session); err != nil {
		return fmt.Errorf("find the click of postback %s: %w", c.ID, err)
	}
	if c.Click == nil {
		r.left.Visits++
	}
	return nil
}

func asksVisit(t *journal.Terms) bool {
	for _, side := range []pricing.Side{t.Pricing.Payout, t.Pricing.Revenue} {
		if len(side.Rules) > 0 {
			return true
		}
	}
	return false
}

// endHold lets the time pass for a conversion on hold.
func (r *Replay) endHold(c *conversion, at int64) {
	if c.Status == snapshot.StatusHold && c.HoldUntil != 0 && c.HoldUntil <= at {
		*c = conversion{judge.EndHold(c.Conversion, c.terms, c.HoldUntil).Conversion, c.terms}
	}
}

// Moderation repeats a person's decision.
func (r *Replay) Moderation(id string, change *books.Change) {
	found := r.conversions[id]
	if found == nil {
		return
	}
	at := change.Time.UnixMicro()
	r.endHold(found, at)
	x := &journal.Moderation{At: at, ConversionID: id, Status: change.To.Number(), From: found.Status, Reason: change.Reason, Actor: change.By,
		Release: change.From == books.Hold && change.To == books.Approved}
	switch {
	case change.Reason == judge.ReasonStatusChanged, change.From == change.To && change.To != books.Hold:
		return // the books refused it
	case change.To == books.Hold:
		x.Status = snapshot.StatusApproved
	}
	keys := judge.FreedKeys(found.Conversion, found.terms)
	r.book(judge.Moderate(&judge.Moderated{
		Entry: x,
		Found: found.Conversion, Origin: found.terms, Used: r.caps.used(found.terms),
		Taken: taken(r.byOrder[keys.Order], found) || taken(r.bySession[keys.Session], found),
	}), nil)
}

func taken(by, of *conversion) bool { return by != nil && by != of }

// book takes an outcome into the new books; entry is nil for a moderation.
func (r *Replay) book(o judge.Outcome, entry *journal.Postback) {
	if o.Closes != "" {
		r.closed[o.Closes] = true
	}
	if o.Remember {
		r.repeats[judge.KeysOf(entry).Repeat] = entry.At
	}
	if o.Conversion == nil {
		return
	}
	c := r.conversions[o.Conversion.ID]
	if c == nil {
		c = &conversion{terms: entry.Terms}
		r.conversions[o.Conversion.ID] = c
	} else {
		delete(r.byOrder, c.OrderKey)
		delete(r.bySession, c.SessionKey)
	}
	c.Conversion = o.Conversion
	if c.OrderKey != (judge.Key{}) {
		r.byOrder[c.OrderKey] = c
	}
	if c.SessionKey != (judge.Key{}) {
		r.bySession[c.SessionKey] = c
	}
	r.caps.count(c.terms, o.Conversion, o.Before)
}
