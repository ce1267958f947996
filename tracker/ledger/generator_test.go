package ledger

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"

	"github.com/waypost/waypost/api/money"
	"github.com/waypost/waypost/api/pricing"
	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/tracker/journal"
)

// generator makes a random journal: a small world in which everything collides
// with everything, in a few hours of journal time.
type generator struct {
	*rand.Rand
	now    int64 // microseconds since 1970
	clicks []visitOf
	imps   []visitOf
	late   []journal.Entry // clicks whose entry comes after postbacks
	sent   []journal.Postback
	ids    []string // of all postbacks, for moderation
	serial int
	boots  []journal.BootID
}

type visitOf struct {
	id             string
	seconds        int64
	offer, partner int
}

func newGenerator(seed uint64) *generator {
	g := &generator{Rand: rand.New(rand.NewPCG(seed, 1)), now: micros(0)}
	for i := range 3 {
		g.boots = append(g.boots, journal.BootID{byte(i + 1), 0xee})
	}
	return g
}

// tape writes about n entries to a tape, in batches of several trackers.
func (g *generator) tape(n int) *tape {
	tp := newTape()
	sequences := make(map[journal.BootID]uint64)
	for written := 0; written < n; {
		boot := g.boots[g.IntN(len(g.boots))]
		sequences[boot]++
		h := journal.Header{Writer: "t", BootID: boot, Sequence: sequences[boot], Reply: "r"}
		var entries []journal.Entry
		for range 1 + g.IntN(12) {
			x := g.entry()
			if x.Postback != nil {
				g.ids = append(g.ids, entryID(boot, h.Sequence, len(entries), x.Postback.At))
			}
			entries = append(entries, x)
		}
		tp.put(h, entries...)
		written += len(entries)
	}
	return tp
}

func (g *generator) entry() journal.Entry {
	g.now += int64(g.IntN(1_000_000))
	if len(g.late) > 0 && g.IntN(3) == 0 {
		x := g.late[0]
		g.late = g.late[1:]
		return x
	}
	switch k := g.IntN(100); {
	case k < 25 || len(g.clicks) < 3:
		return g.click()
	case k < 30 || len(g.imps) < 3:
		return g.impression()
	case k < 38:
		return journal.Entry{Tick: &journal.Tick{At: g.now + g.jump()}}
	case k < 41 && len(g.ids) > 0:
		return g.moderation()
	case k < 50 && len(g.sent) > 0:
		return g.again()
	}
	return g.postback()
}

// jump is how far the clock of a tick is off: seconds, now and then minutes, hours, a day
// or a year, to both sides.
func (g *generator) jump() int64 {
	const minute = 60 * 1_000_000
	scale := []int64{minute / 60, minute, 60 * minute, dayMicros, 366 * dayMicros}
	if k := g.IntN(40); k < len(scale) {
		return int64(g.IntN(5)-2) * scale[k]
	}
	return -int64(g.IntN(15_000_000))
}

func (g *generator) traffic(id string, v visitOf) journal.Traffic {
	t := journal.Traffic{ID: id, At: g.now, IP: "192.0.2." + strconv.Itoa(g.IntN(4)), UserAgent: "ua" + strconv.Itoa(g.IntN(3)),
		Country: []string{"NL", "US", ""}[g.IntN(3)], Source: "src" + strconv.Itoa(g.IntN(2)), Context: g.context(v)}
	t.Subs[0], t.Subs[1] = "x\x00y\xff", []string{"", "vip", "mob"}[g.IntN(3)]
	return t
}

func (g *generator) context(v visitOf) *journal.Context {
	return &journal.Context{Config: "sha256:1", Network: "net", TimeZone: "Europe/Berlin", Offer: offerName(v.offer), OfferID: "id",
		Advertiser: "adv", Partner: partnerName(v.partner), PartnerID: "id", Currency: "USD", Payout: 12_345, Revenue: 23_456,
		Caps: []snapshot.Cap{{Name: "visits", Metric: snapshot.CapClicks, Window: snapshot.CapHour, Limit: 50, PerPartner: v.offer == 1}}}
}

func offerName(i int) string   { return "offer" + strconv.Itoa(i) }
func partnerName(i int) string { return "partner" + strconv.Itoa(i) }

// click makes a click; some come late, and some never.
func (g *generator) click() journal.Entry {
	g.serial++
	seconds := floorDiv(g.now, 1_000_000)
	v := visitOf{clickToken(g.serial, seconds-start), seconds, g.IntN(3), g.IntN(3)}
	g.clicks = append(g.clicks, v)
	x := journal.Entry{Click: &journal.Click{Traffic: g.traffic(v.id, v)}}
	switch g.IntN(8) {
	case 0:
		g.late = append(g.late, x)
		return g.postbackOn(v, true)
	case 1:
		return g.postbackOn(v, true)
	}
	return x
}

func (g *generator) impression() journal.Entry {
	g.serial++
	seconds := floorDiv(g.now, 1_000_000)
	v := visitOf{impressionToken(g.serial, seconds-start), seconds, g.IntN(3), g.IntN(3)}
	g.imps = append(g.imps, v)
	return journal.Entry{Impression: &journal.Impression{Traffic: g.traffic(v.id, v)}}
}

func (g *generator) moderation() journal.Entry {
	to := snapshot.StatusApproved
	if g.IntN(2) == 0 {
		to = snapshot.StatusRejected
	}
	id := g.ids[max(0, len(g.ids)-1-g.IntN(60))]
	m := &journal.Moderation{At: g.now, Network: "net", ConversionID: id, Status: to, Reason: []string{"", "fraud"}[g.IntN(2)], Actor: "bob"}
	// Entries of before there was From, and decisions about each status: some come too
	// late, and some twice.
	m.From = []snapshot.ConversionStatus{0, 1, 2, 2, 3, 5, 5}[g.IntN(7)]
	m.Release = to == snapshot.StatusApproved && m.From == snapshot.StatusHold && g.IntN(2) == 0
	m.PartnerReason = []string{"", "returned"}[g.IntN(2)]
	return journal.Entry{Moderation: m}
}

// again repeats an earlier postback: a retry, or with another status or amount.
func (g *generator) again() journal.Entry {
	p := g.sent[max(0, len(g.sent)-1-g.IntN(40))]
	p.Params = slices.Clone(p.Params)
	p.At = g.now
	if g.IntN(2) == 0 {
		g.status(&p)
	}
	if g.IntN(3) == 0 {
		g.amount(&p)
	}
	if g.IntN(4) == 0 { // the goal was edited in between
		t := *p.Terms
		t.Goal.Multiple = !t.Goal.Multiple
		p.Terms = &t
	}
	g.prove(&p)
	return journal.Entry{Postback: &p}
}

func (g *generator) postback() journal.Entry {
	if g.IntN(10) == 0 {
		return g.postbackOn(g.imps[max(0, len(g.imps)-1-g.IntN(12))], false)
	}
	if g.IntN(20) == 0 {
		return g.postbackOn(g.clicks[g.IntN(len(g.clicks))], true)
	}
	return g.postbackOn(g.clicks[max(0, len(g.clicks)-1-g.IntN(40))], true)
}

func (g *generator) postbackOn(v visitOf, click bool) journal.Entry {
	p := journal.Postback{At: g.now, Network: "net", Config: "sha256:1", SessionAt: v.seconds, SourceIP: "203.0.113.1"}
	if click {
		p.ClickID = v.id
	} else {
		p.AimpID = v.id
	}
	g.param(&p, "session", v.id)
	goal := 1 + g.IntN(6)
	p.GoalRaw = strconv.Itoa(goal)
	p.Terms = g.terms(v, goal)
	g.param(&p, "goal", p.GoalRaw)
	switch g.IntN(25) {
	case 0:
		p.Reason, p.Terms.Goal, p.GoalRaw = "unknown_goal", journal.GoalTerms{}, "nope"
	case 1:
		p.Reason, p.HTTPStatus = "bad_key", 403
	case 2:
		p.Test = true
	case 3:
		p.ClickID, p.AimpID, p.SessionAt = "", "", 0
	case 4:
		p.Via = journal.ViaClick
	case 5:
		p.Currency = []string{"EUR", "usd"}[g.IntN(2)]
	}
	if g.IntN(3) == 0 {
		p.OrderID = fmt.Sprintf("o%d", g.IntN(40)+g.serial/20)
		g.param(&p, "order_id", p.OrderID)
	} else if g.IntN(6) == 0 {
		p.OrderIDMissing = true
		g.param(&p, "order_id", "undefined")
	}
	if g.IntN(3) == 0 {
		g.status(&p)
	}
	if g.IntN(2) == 0 {
		g.amount(&p)
	}
	g.prove(&p)
	g.sent = append(g.sent, p)
	return journal.Entry{Postback: &p}
}

func (g *generator) param(p *journal.Postback, name, value string) {
	p.Params = append(p.Params, journal.Param{Name: name, Value: value})
}

func (g *generator) status(p *journal.Postback) {
	p.Status = []snapshot.ConversionStatus{1, 1, 2, 3, 5}[g.IntN(5)]
	g.param(p, "status", strconv.Itoa(int(p.Status)))
}

func (g *generator) amount(p *journal.Postback) {
	a := money.Amount(g.IntN(200_000_000))
	if g.IntN(200) == 0 {
		a = 999_999_999_999_999
	}
	p.Amount = &a
	g.param(p, "amount", a.String())
}

func (g *generator) prove(p *journal.Postback) {
	p.KeyProven = p.Terms.Offer.KeyRequired && g.IntN(4) != 0
}

// terms is the configuration of the world at the moment: it changes now and then.
func (g *generator) terms(v visitOf, goal int) *journal.Terms {
	t := &journal.Terms{
		Offer: journal.OfferTerms{Name: offerName(v.offer), TrackingID: "id", Advertiser: "adv", Currency: "USD", TimeZone: "Europe/Berlin",
			HoldHours:   []int32{0, 0, 1}[v.offer],
			KeyRequired: v.offer == 1,
			Attribution: snapshot.Attribution{ClickLookbackHours: []int32{720, 1, 720}[v.offer], MinimumClickSeconds: []int32{0, 0, 1}[v.offer], ImpressionLookbackHours: 1}},
		Partner: journal.PartnerTerms{Name: partnerName(v.partner), TrackingID: "id", Postbacks: []snapshot.PartnerPostback{
			{Name: "own", URL: "https://p.example/a", Offer: "offer0", On: []snapshot.ConversionStatus{1, 3}},
			{Name: "global", URL: "https://p.example/b", On: []snapshot.ConversionStatus{1, 2, 5}},
		}},
		Goal: journal.GoalTerms{Name: "g" + strconv.Itoa(goal), Value: strconv.Itoa(goal), Title: "Goal",
			GoalRules: journal.GoalRules{Multiple: goal == 2, EndPoint: goal == 3, Manual: goal == 4, Private: goal == 5, ClickOnly: goal == 6}},
	}
	switch g.IntN(40) {
	case 0:
		t.Partner.State = snapshot.Blocked
	case 1:
		t.Offer.State = snapshot.Pending
	}
	t.Offer.Caps = [][]snapshot.Cap{
		{{Name: "day", Metric: snapshot.CapConversions, Window: snapshot.CapDay, Limit: 900}, {Name: "two", Metric: snapshot.CapConversions, Window: snapshot.CapHour, Limit: 60, Goal: "2", PerPartner: true}},
		{{Name: "money", Metric: snapshot.CapPayout, Window: snapshot.CapHour, Limit: 3_000_000_000}},
		{{Name: "month", Metric: snapshot.CapRevenue, Window: snapshot.CapMonth, Limit: 30_000_000_000, Partners: []string{"partner1", "partner2"}}},
	}[v.offer]
	t.Pricing = g.pricing(v, goal)
	return t
}

func (g *generator) pricing(v visitOf, goal int) pricing.Terms {
	own := snapshot.PayoutTerms{Flat: money.Amount(goal) * 1_000_000, Percent: money.Percent(goal*3) * 100_000}
	if goal == 4 {
		own.Percent = money.MaxPercent // with the largest amount it is too much
	}
	t := pricing.Terms{Private: goal == 5, Payout: pricing.Side{Own: own}, Revenue: pricing.Side{Own: snapshot.PayoutTerms{Flat: own.Flat * 2, Percent: 1_234_567}}}
	if v.offer == 2 {
		t.Payout.Structure = "baskets"
		t.Payout.Rules = []pricing.Rule{
			{Name: "vip", When: []snapshot.Condition{{Field: "sub2", Operator: snapshot.OpEquals, Values: []string{"vip"}}}, Terms: &snapshot.PayoutTerms{Flat: 7_000_000}},
			{Name: "dutch", When: []snapshot.Condition{{Field: "country", Operator: snapshot.OpIn, Values: []string{"NL", "BE"}}, {Field: "amount", Operator: snapshot.OpGreaterOrEqual, Values: []string{"50"}}}, Terms: &snapshot.PayoutTerms{Percent: 50 * 100_000}},
		}
	}
	if v.partner == 2 {
		t.Payout.Override = &pricing.Named{Name: "p/o", Terms: snapshot.PayoutTerms{Flat: 123_456, Percent: 33_333}}
	}
	return t
}
