package judge

import (
	"maps"
	"strconv"
	"testing"
	"time"

	"github.com/waypost/waypost/api/money"
	"github.com/waypost/waypost/api/pricing"
	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/tracker/journal"
)

// books keeps the books of one test in memory and hands the judge its cases.
type books struct {
	t       *testing.T
	conv    map[string]*Conversion
	origins map[string]*journal.Terms
	closed  map[string]bool
	repeats map[Key]int64
	clicks  map[string]*Visit
	fired   []string
	n       int
}

func newBooks(t *testing.T) *books {
	return &books{t: t, conv: map[string]*Conversion{}, origins: map[string]*journal.Terms{},
		closed: map[string]bool{}, repeats: map[Key]int64{}, clicks: map[string]*Visit{}}
}

// clickTime is when all clicks of these tests happened, seconds since 1970: noon.
const clickTime = 20_000*86400 + 12*3600

// post judges a postback and keeps what comes of it.
func (d *books) post(p *journal.Postback) Outcome {
	d.n++
	c := &Case{ID: "c" + strconv.Itoa(d.n), Postback: p, Day: Day(p.At, time.UTC), Keys: KeysOf(p), Used: d.used}
	session := Session(p)
	c.Click, c.SessionClosed, c.RepeatAt = d.clicks[session], d.closed[session], d.repeats[c.Keys.Repeat]
	for _, x := range d.conv {
		if x.OrderKey != (Key{}) && x.OrderKey == c.Keys.Order {
			c.ByOrder, c.Origin = x, d.origins[x.ID]
		}
	}
	for _, x := range d.conv {
		if x.SessionKey != (Key{}) && x.SessionKey == c.Keys.Session && c.ByOrder == nil {
			c.BySession, c.Origin = x, d.origins[x.ID]
		}
	}
	for _, x := range d.conv {
		if x.SessionKey != (Key{}) && x.SessionKey == c.Keys.Single {
			c.Single = x
		}
	}
	before := maps.Clone(d.conv)
	o := Postback(c)
	for id, x := range before {
		if d.conv[id] != x {
			d.t.Errorf("judging changed conversion %s in place", id)
		}
	}
	d.keep(o, p.Terms)
	if o.Remember {
		d.repeats[c.Keys.Repeat] = p.At
	}
	return o
}

func (d *books) keep(o Outcome, terms *journal.Terms) {
	if o.Conversion != nil {
		d.conv[o.Conversion.ID] = o.Conversion
		if o.Before == nil {
			d.origins[o.Conversion.ID] = terms
		}
	}
	if o.Closes != "" {
		d.closed[o.Closes] = true
	}
	for _, f := range o.Fires {
		d.fired = append(d.fired, f.Name)
	}
}

func (d *books) moderate(id string, to snapshot.ConversionStatus, at int64, reason string) Outcome {
	found := d.conv[id]
	m := &Moderated{Entry: &journal.Moderation{At: at, ConversionID: id, Status: to, Reason: reason, Actor: "alice"},
		Found: found, Origin: d.origins[id], Used: d.used}
	k := FreedKeys(found, m.Origin)
	for _, x := range d.conv {
		if x != found && (k.Order != Key{} && x.OrderKey == k.Order || k.Session != Key{} && x.SessionKey == k.Session) {
			m.Taken = true
		}
	}
	o := Moderate(m)
	d.keep(o, nil)
	return o
}

// used counts by going through all conversions, which is what counters must equal.
func (d *books) used(limit *snapshot.Cap, of *Conversion) int64 {
	loc := time.UTC
	from, _ := Window(limit.Window, of.At, loc)
	total := int64(0)
	for _, x := range d.conv {
		starts, _ := Window(limit.Window, x.At, loc)
		if starts == from && Covers(limit, &x.Dimensions) && (!limit.PerPartner || x.Dimensions.Partner == of.Dimensions.Partner) {
			total += Share(limit.Metric, x)
		}
	}
	return total
}

// option changes a postback of a test.
type option func(*journal.Postback)

// postback is a postback on click c1, one hour after the click, of a goal "2" that
// pays 10 % of the amount and 1.00, on which the advertiser pays 20 % and 2.00.
func postback(options ...option) *journal.Postback {
	flat := func(a money.Amount) snapshot.PayoutTerms { return snapshot.PayoutTerms{Flat: a, Percent: 10 * 100_000} }
	p := &journal.Postback{
		At: (clickTime + 3600) * second, Network: "net", Config: "sha256:1", ClickID: "c1", SessionAt: clickTime, GoalRaw: "2",
		Terms: &journal.Terms{
			Offer: journal.OfferTerms{Name: "shoes", Advertiser: "acme", Currency: "USD", TimeZone: "UTC",
				Attribution: snapshot.Attribution{ClickLookbackHours: 720, ImpressionLookbackHours: 24}},
			Partner: journal.PartnerTerms{Name: "blog"},
			Goal:    journal.GoalTerms{Name: "purchase", Value: "2"},
			Pricing: pricing.Terms{Payout: pricing.Side{Own: flat(1_000_000)}, Revenue: pricing.Side{Own: flat(2_000_000)}},
		},
	}
	for _, o := range options {
		o(p)
	}
	return p
}

func after(seconds float64) option {
	return func(p *journal.Postback) { p.At += int64(seconds * second) }
}
func at(t int64) option         { return func(p *journal.Postback) { p.At = t } }
func click(id string) option    { return func(p *journal.Postback) { p.ClickID = id } }
func order(id string) option    { return func(p *journal.Postback) { p.OrderID = id } }
func currency(c string) option  { return func(p *journal.Postback) { p.Currency = c } }
func reason(code string) option { return func(p *journal.Postback) { p.Reason = code } }
func param(name, value string) option {
	return func(p *journal.Postback) { p.Params = append(p.Params, journal.Param{Name: name, Value: value}) }
}
func goal(value string) option { return func(p *journal.Postback) { p.Terms.Goal.Value = value } }
func status(s snapshot.ConversionStatus) option {
	return func(p *journal.Postback) { p.Status = s }
}
func amount(a money.Amount) option { return func(p *journal.Postback) { p.Amount = &a } }
func aimp(id string) option        { return func(p *journal.Postback) { p.AimpID = id } }
func holdHours(h int32) option     { return func(p *journal.Postback) { p.Terms.Offer.HoldHours = h } }
func partner(name string) option   { return func(p *journal.Postback) { p.Terms.Partner.Name = name } }
func caps(list ...snapshot.Cap) option {
	return func(p *journal.Postback) { p.Terms.Offer.Caps = list }
}
func postbacks(list ...snapshot.PartnerPostback) option {
	return func(p *journal.Postback) { p.Terms.Partner.Postbacks = list }
}

func multiple(p *journal.Postback)    { p.Terms.Goal.Multiple = true }
func endPoint(p *journal.Postback)    { p.Terms.Goal.EndPoint = true }
func manual(p *journal.Postback)      { p.Terms.Goal.Manual = true }
func private(p *journal.Postback)     { p.Terms.Goal.Private, p.Terms.Pricing.Private = true, true }
func clickGoal(p *journal.Postback)   { p.Terms.Goal.ClickOnly = true }
func viaClick(p *journal.Postback)    { p.Via = journal.ViaClick }
func isTest(p *journal.Postback)      { p.Test = true }
func proven(p *journal.Postback)      { p.KeyProven, p.Terms.Offer.KeyRequired = true, true }
func keyRequired(p *journal.Postback) { p.Terms.Offer.KeyRequired = true }
func noOrder(p *journal.Postback)     { p.OrderIDMissing = true }
func viewThrough(p *journal.Postback) { p.ClickID, p.AimpID = "", "i1" }
func noSession(p *journal.Postback)   { p.ClickID, p.SessionAt = "", 0 }

const (
	approved = snapshot.StatusApproved
	pending  = snapshot.StatusPending
	hold     = snapshot.StatusHold
	rejected = snapshot.StatusRejected
)
