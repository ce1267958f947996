package fold

import (
	"cmp"
	"fmt"
	"time"

	"github.com/go-logr/logr"

	"github.com/waypost/waypost/tracker/journal"
	"github.com/waypost/waypost/tracker/ledger/judge"
)

// ReasonInternal is the reason of a postback that a fault of the program kept from being judged.
const ReasonInternal = "internal_error"

// Config is the configuration that postbacks were sent under, with what the fold
// derives from it once.
type Config struct {
	*journal.Terms
	// Hash is the digest that conversions keep; zero where nothing is kept.
	Hash judge.Key
	Zone *time.Location
	// Caps are those on conversions and money.
	Caps []Cap
	// Encoded is the form in which a Sink keeps the terms; nil once they are kept.
	Encoded []byte
}

// NewConfig returns the configuration of terms.
func NewConfig(t *journal.Terms, hash judge.Key, zones Zones) *Config {
	return &Config{Terms: t, Hash: hash, Zone: zones.Find(t.Offer.TimeZone), Caps: capsOf(t.Offer.Caps, t.Offer.TimeZone, conversionMetrics)}
}

// Postback is a postback entry on its way to its verdict.
type Postback struct {
	*journal.Postback
	// ID is the id of the postback, and of the conversion that it may become.
	ID     string
	Config *Config // nil when the entry has no Terms
	Keys   judge.Keys
	Place  Place
	// Waited reports that it was parked until a tick, so that the tracker has answered without a verdict.
	Waited bool
}

// Place is where an entry stands in the journal, and where its verdict goes.
type Place struct {
	Boot     journal.BootID
	Sequence uint64
	Entry    int
	Reply    string
	Position int64 // orders entries
}

// Conversion is a conversion in the books.
type Conversion struct {
	*judge.Conversion
	// Config is the configuration that it was judged by; nil until a Source has brought it.
	Config *Config
}

// Known is what has been looked up. A nil value is known to be absent.
type Known struct {
	Visits      map[string]*judge.Visit
	Conversions map[string]*Conversion
	ByOrder     map[judge.Key]*Conversion
	BySession   map[judge.Key]*Conversion
	Closed      map[string]bool
	Repeats     map[judge.Key]int64
}

// NewKnown returns empty books.
func NewKnown() Known {
	return Known{
		Visits: make(map[string]*judge.Visit), Conversions: make(map[string]*Conversion),
		ByOrder: make(map[judge.Key]*Conversion), BySession: make(map[judge.Key]*Conversion),
		Closed: make(map[string]bool), Repeats: make(map[judge.Key]int64),
	}
}

// Adopt takes a conversion into the books under its keys, unless it is there, where it
// may have changed since. It returns the one in the books.
func (k *Known) Adopt(c *judge.Conversion) *Conversion {
	if known := k.Conversions[c.ID]; known != nil {
		return known
	}
	n := &Conversion{Conversion: c}
	k.Conversions[c.ID] = n
	k.index(n, c)
	return n
}

// index moves the keys of a conversion to those of its next form.
func (k *Known) index(c *Conversion, next *judge.Conversion) {
	move(k.ByOrder, c, c.OrderKey, next.OrderKey)
	move(k.BySession, c, c.SessionKey, next.SessionKey)
}

func move(by map[judge.Key]*Conversion, c *Conversion, from, to judge.Key) {
	if from != (judge.Key{}) && by[from] == c {
		by[from] = nil
	}
	if to != (judge.Key{}) {
		by[to] = c
	}
}

// occupant returns the conversion under a key, nil if there is none.
func occupant(by map[judge.Key]*Conversion, key judge.Key) *Conversion {
	if key == (judge.Key{}) {
		return nil
	}
	return by[key]
}

// Source brings what is folded into Known. Its errors end the fold.
type Source interface {
	// Load brings what judging the postbacks asks for: visits, conversions under their
	// keys with their configurations, closed sessions, repeats, counters of caps.
	Load(posts []*Postback) error
	// HoldsEnding brings the conversions whose hold ends by that time, in microseconds
	// since 1970, with their configurations, and returns them in the order of their end.
	HoldsEnding(at int64) ([]*Conversion, error)
}

// Sink takes what is decided.
type Sink interface {
	// Judged takes the outcome of each postback, after what was booked of it.
	Judged(p *Postback, o *judge.Outcome)
	// Booked takes a new or changed conversion. o.Before is nil for a new one; o.Closes is
	// set where the session was open. by is the configuration that decided, visit what is
	// known of the click.
	Booked(c *Conversion, o *judge.Outcome, by *Config, visit *judge.Visit)
	// Parked takes a postback that waits, and again when its deadline is set.
	Parked(w *Waiting)
	// Released takes one that waits no longer.
	Released(w *Waiting)
}

// Fold applies entries. Not safe for concurrent use.
type Fold struct {
	Known
	Counters *Counters
	// Parking holds what waits for its visit; nil judges everything at once.
	Parking *Parking
	Source  Source
	Sink    Sink
	Log     logr.Logger
}

// Postback judges a postback, or parks it.
func (f *Fold) Postback(p *Postback) {
	if f.waits(p) {
		f.Sink.Parked(f.Parking.add(p))
		return
	}
	f.judge(p)
}

// judge gives a postback its verdict and books what comes of it.
func (f *Fold) judge(p *Postback) {
	c, found := f.caseOf(p)
	o, err := safely(c)
	if err != nil {
		f.Log.Error(err, "a postback could not be judged", "postback", p.ID)
	}
	if o.Conversion != nil {
		f.bookPostback(p, &o, found)
	}
	if o.Remember {
		f.Repeats[p.Keys.Repeat] = p.At
	}
	f.Sink.Judged(p, &o)
}

// bookPostback books the outcome of a postback. An order may come again with another
// click, even another partner's: then neither that click nor that partner is the conversion's.
func (f *Fold) bookPostback(p *Postback, o *judge.Outcome, found *Conversion) {
	config, visit := p.Config, f.visit(p.Postback)
	if n := o.Conversion; found != nil {
		if cmp.Or(n.ClickID, n.AimpID) != judge.Session(p.Postback) {
			visit = nil
		}
		if found.Config != nil && p.Terms.Partner.Name != n.Dimensions.Partner {
			config = found.Config
		}
	}
	f.book(o, found, config, visit)
}

// caseOf collects what the verdict depends on, and the conversion that occupies a key.
func (f *Fold) caseOf(p *Postback) (*judge.Case, *Conversion) {
	session := judge.Session(p.Postback)
	c := &judge.Case{ID: p.ID, Postback: p.Postback, Keys: p.Keys, Click: f.visit(p.Postback), SessionClosed: session != "" && f.Closed[session]}
	if p.Config == nil {
		return c, nil
	}
	c.Day = judge.Day(p.At, p.Config.Zone)
	c.RepeatAt = f.Repeats[p.Keys.Repeat]
	if single := occupant(f.BySession, p.Keys.Single); single != nil {
		c.Single = single.Conversion
	}
	found := occupant(f.ByOrder, p.Keys.Order)
	if found != nil {
		c.ByOrder = found.Conversion
	} else if found = occupant(f.BySession, p.Keys.Session); found != nil {
		c.BySession = found.Conversion
	}
	capped := p.Config
	if found != nil && found.Config != nil {
		c.Origin, capped = found.Config.Terms, found.Config
	}
	c.Used = f.used(capped)
	return c, found
}

// visit is the row of a postback's click, or of its impression when it has no click;
// nil when there is none.
func (f *Fold) visit(p *journal.Postback) *judge.Visit { return f.Visits[judge.Session(p)] }

// safely judges; a fault of the judge costs one postback, not the ledger.
func safely(c *judge.Case) (o judge.Outcome, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("judging panicked: %v", r)
			o = judge.Outcome{Verdict: journal.Verdict{Verdict: judge.Refused, Reason: ReasonInternal, Known: true, Config: c.Postback.Config}}
		}
	}()
	return judge.Postback(c), nil
}

// Moderate carries out a moderator's decision. One on a conversion that does not exist,
// or of another network, changes nothing.
func (f *Fold) Moderate(m *journal.Moderation) {
	c := f.Conversions[m.ConversionID]
	if c == nil || c.Dimensions.Network != m.Network {
		f.Log.V(1).Info("passed over a moderation of an unknown conversion", "conversion", m.ConversionID)
		return
	}
	keys := judge.FreedKeys(c.Conversion, c.Config.Terms)
	o := judge.Moderate(&judge.Moderated{
		Entry: m, Found: c.Conversion, Origin: c.Config.Terms, Used: f.used(c.Config),
		Taken: taken(occupant(f.ByOrder, keys.Order), c) || taken(occupant(f.BySession, keys.Session), c),
	})
	if o.Conversion != nil {
		f.book(&o, c, c.Config, nil)
	}
}

func taken(by, c *Conversion) bool { return by != nil && by != c }

// Tick lets time pass: it ends holds, and judges what has waited long enough.
func (f *Fold) Tick(at int64) error {
	ending, err := f.Source.HoldsEnding(at)
	if err != nil {
		return err
	}
	for _, c := range ending {
		o := judge.EndHold(c.Conversion, c.Config.Terms, at)
		f.book(&o, c, c.Config, nil)
	}
	return f.releaseDue(at)
}

// Arrived takes a visit in, if a postback asks for it, and judges what waited for it.
func (f *Fold) Arrived(id string, visit *judge.Visit) {
	if _, asked := f.Visits[id]; asked {
		v := *visit
		f.Visits[id] = &v
	}
	if f.Parking != nil && f.Parking.bySession[id] > 0 {
		f.release(func(w *Waiting) bool { return w.Session == id }, false)
	}
}

// book takes an outcome into the books. found is the conversion that changes, nil for a
// new one.
func (f *Fold) book(o *judge.Outcome, found *Conversion, by *Config, visit *judge.Visit) {
	n := o.Conversion
	if found == nil {
		n.Terms = by.Hash
		found = &Conversion{Conversion: n, Config: by}
		f.Conversions[n.ID] = found
	}
	f.index(found, n)
	found.Conversion = n
	f.Counters.recount(n, o.Before)
	switch {
	case o.Closes == "":
	case f.Closed[o.Closes]:
		o.Closes = ""
	default:
		f.Closed[o.Closes] = true
	}
	f.Sink.Booked(found, o, by, visit)
}
