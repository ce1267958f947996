package replay

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/tracker/journal"
	"github.com/waypost/waypost/tracker/ledger/fold"
	"github.com/waypost/waypost/tracker/ledger/judge"
	"github.com/waypost/waypost/tracker/ledger/query"
	"github.com/waypost/waypost/tracker/ledger/store"
	"github.com/waypost/waypost/tracker/live"
	"github.com/waypost/waypost/tracker/server"
)

// Visits finds what a click or an impression brought along, by its id; nil if that is
// not known any more. With exact its time is needed too, to the microsecond.
type Visits func(id string, exact bool) (*judge.Visit, error)

// reasonBadKey is the tracker's reason for a postback without the right key.
const reasonBadKey = "bad_key"

// Replay is the books as they would be. It takes conversions as they were recorded,
// then what happened in its order, then it is asked for the outcome.
type Replay struct {
	check  *server.Rechecker
	visits Visits
	// since is the beginning of what is replayed, in microseconds.
	since    int64
	recorded map[string]*query.Conversion
	// as are the recorded conversions that stand in the new books as they were, and
	// unlogged those of which no postback has come.
	as, unlogged map[string]bool

	books   *fold.Fold
	configs map[*journal.Terms]*fold.Config
	zones   fold.Zones
	// held are the conversions on hold, until a time or a postback ends it.
	held map[string]*fold.Conversion
	// outcome is that of the last postback.
	outcome judge.Outcome
	left    Left
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
	// Caps reports that caps were counted from the beginning of the time on.
	Caps bool `json:"capsFromBeginning"`
}

// New returns empty books under a configuration.
func New(index *live.Index, since time.Time, visits Visits) *Replay {
	zones := fold.Zones{}
	counters, _ := fold.NewCounters(zones, nil) // only those of tables can be unreadable
	r := &Replay{
		check: server.NewRechecker(index), visits: visits, since: since.UnixMicro(),
		recorded: map[string]*query.Conversion{}, as: map[string]bool{}, unlogged: map[string]bool{},
		configs: map[*journal.Terms]*fold.Config{}, zones: zones, held: map[string]*fold.Conversion{},
	}
	r.books = &fold.Fold{Known: fold.NewKnown(), Counters: counters, Source: r, Sink: r}
	return r
}

// Recorded takes a conversion as it stands in the books. All of them come before
// what happened.
func (r *Replay) Recorded(c *query.Conversion) { r.recorded[c.ID], r.unlogged[c.ID] = c, true }

// Postback judges a line of the log again.
func (r *Replay) Postback(line *query.Postback) error {
	delete(r.unlogged, line.ID)
	if line.Test || r.concernsEarlier(line) {
		return nil
	}
	if line.Offer == "" || line.Partner == "" {
		return nil // of no partner, under any configuration
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
	return r.fold(line.ID, entry)
}

// First returns the entry that a tracker would write of a postback, and what becomes of
// it in empty books: what happened before is not looked at. visit is what its click or
// impression brought along. It reports false if the configuration lacks the offer or the
// partner.
func First(index *live.Index, in *server.Recorded, visit *judge.Visit) (*journal.Postback, judge.Outcome, bool) {
	r := New(index, in.At, func(string, bool) (*judge.Visit, error) { return visit, nil })
	entry, known := r.check.Check(in)
	if !known {
		return nil, judge.Outcome{}, false
	}
	if err := r.fold("", entry); err != nil {
		panic(err) // neither the visit nor counters that begin with nothing can fail
	}
	return entry, r.outcome, true
}

// fold applies a postback at its time.
func (r *Replay) fold(id string, entry *journal.Postback) error {
	p := &fold.Postback{Postback: entry, ID: id, Config: r.config(entry.Terms), Keys: judge.KeysOf(entry)}
	if err := r.Load([]*fold.Postback{p}); err != nil {
		return err
	}
	if err := r.books.Tick(entry.At); err != nil {
		return err
	}
	r.books.Postback(p)
	return nil
}

// config is the configuration of terms, which postbacks of a goal and partner share.
func (r *Replay) config(t *journal.Terms) *fold.Config {
	c := r.configs[t]
	if c == nil {
		c = fold.NewConfig(t, judge.Key{}, r.zones)
		r.configs[t] = c
	}
	return c
}

// concernsEarlier reports whether a postback can only be understood with what came
// before the time: it moved or repeated a conversion of then, or its session was
// closed by one.
func (r *Replay) concernsEarlier(line *query.Postback) bool {
	moved := line.Conversion != "" && r.recorded[line.Conversion] == nil
	closed := line.Reason == judge.ReasonSessionClosed && sessionAt(line)*1_000_000 < r.since
	if moved || closed {
		r.left.Before++
	}
	return moved || closed
}

// sessionAt is when the click or impression was, in seconds since 1970. Its id holds it;
// the delay of one of the future is 0.
func sessionAt(line *query.Postback) int64 {
	if line.DelaySeconds == nil {
		return 0
	}
	if id := store.VisitID(cmp.Or(line.ClickID, line.AimpID)); id[0] != 0 {
		return int64(binary.BigEndian.Uint32(id[1:]))
	}
	return line.Time.Unix() - *line.DelaySeconds
}

// recordedOf turns a line of the log into what the checks take.
func recordedOf(line *query.Postback) *server.Recorded {
	source, err := netip.ParseAddr(line.Source)
	if err != nil {
		source = netip.Addr{} // not kept any more
	}
	in := &server.Recorded{
		At: line.Time, Network: line.Network, Offer: line.Offer, Partner: line.Partner, Reason: line.Reason, Goal: line.Goal,
		ClickID: line.ClickID, AimpID: line.AimpID, SessionAt: sessionAt(line), Source: source, Params: line.Params,
	}
	for via, name := range query.Vias {
		if name == line.Via {
			in.Via = journal.Via(via)
		}
	}
	return in
}

// Load is fold.Source's: it finds the visits of postbacks that ask for them, and begins
// the counters of caps with nothing.
func (r *Replay) Load(posts []*fold.Postback) error {
	for _, p := range posts {
		r.left.Caps = r.left.Caps || len(p.Config.Caps) > 0
		cell := judge.Dimensions{Network: p.Network, Offer: p.Terms.Offer.Name, Partner: p.Terms.Partner.Name, Goal: p.Terms.Goal.Value}
		nothing := func(*fold.Cap, *fold.Counter) (int64, error) { return 0, nil }
		if err := r.books.Counters.Begin(p.Config.Caps, &cell, p.At, p.Config.Zone, nothing); err != nil {
			return err
		}
		if err := r.findVisit(p); err != nil {
			return fmt.Errorf("find the click of postback %s: %w", p.ID, err)
		}
	}
	return nil
}

// findVisit looks a visit up where a rule or a bound of time asks for it.
func (r *Replay) findVisit(p *fold.Postback) error {
	session, rules, exact := judge.Session(p.Postback), judge.AsksVisit(p.Postback), judge.AsksMoment(p.Postback)
	if session == "" || !rules && !exact {
		return nil
	}
	visit, err := r.visits(session, exact)
	if err != nil {
		return err
	}
	r.books.Visits[session] = visit
	if visit == nil && rules {
		r.left.Visits++
	}
	return nil
}

// HoldsEnding is fold.Source's.
func (r *Replay) HoldsEnding(at int64) ([]*fold.Conversion, error) {
	var out []*fold.Conversion
	for _, c := range r.held {
		if c.HoldUntil <= at {
			out = append(out, c)
		}
	}
	slices.SortFunc(out, func(a, b *fold.Conversion) int {
		return cmp.Or(cmp.Compare(a.HoldUntil, b.HoldUntil), cmp.Compare(a.ID, b.ID))
	})
	return out, nil
}

// Booked is fold.Sink's: it follows which conversions are on hold.
func (r *Replay) Booked(c *fold.Conversion, o *judge.Outcome, _ *fold.Config, _ *judge.Visit) {
	if n := o.Conversion; n.Status == snapshot.StatusHold && n.HoldUntil != 0 {
		r.held[n.ID] = c
	} else {
		delete(r.held, n.ID)
	}
}

// Judged is fold.Sink's; a replay writes no log.
func (r *Replay) Judged(_ *fold.Postback, o *judge.Outcome) { r.outcome = *o }

// Parked is fold.Sink's; nothing waits in a replay.
func (r *Replay) Parked(*fold.Waiting) {}

// Released is fold.Sink's.
func (r *Replay) Released(*fold.Waiting) {}

// Moderation repeats a moderator's decision; one that the books refused is passed over. A
// decision about a conversion that would not exist now is passed over as well.
func (r *Replay) Moderation(id string, change *query.Change) error {
	at := change.Time.UnixMicro()
	if err := r.books.Tick(at); err != nil {
		return err
	}
	found := r.books.Conversions[id]
	if found == nil || change.Reason == judge.ReasonStatusChanged || change.From == change.To && change.To != query.Hold {
		return nil
	}
	x := &journal.Moderation{At: at, Network: found.Dimensions.Network, ConversionID: id, Status: change.To.Number(), From: found.Status,
		Reason: change.Reason, Actor: change.By, Release: change.From == query.Hold && change.To == query.Approved}
	if change.To == query.Hold {
		x.Status = snapshot.StatusApproved
	}
	r.books.Moderate(x)
	return nil
}
