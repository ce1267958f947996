package ledger

import (
	"cmp"
	"fmt"
	"net/http"

	"github.com/waypost/waypost/tracker/journal"
	"github.com/waypost/waypost/tracker/ledger/judge"
	"github.com/waypost/waypost/tracker/ledger/store"
)

// postback is a postback entry on its way to its verdict.
type postback struct {
	*journal.Postback
	config   *config // nil when the entry has no Terms
	id       string
	keys     judge.Keys
	boot     journal.BootID
	sequence uint64
	entry    int
	reply    string
	place    int64 // in the journal
	// waited says that it was parked, so that the tracker has answered without a verdict.
	waited bool
}

// receive judges a postback, or parks it.
func (g *group) receive(p *postback) error {
	if g.parks(p) {
		return g.park(p)
	}
	return g.judge(p)
}

// judge gives a postback its verdict and books what comes of it.
func (g *group) judge(p *postback) error {
	c, found := g.caseOf(p)
	o, err := safely(c)
	if err != nil {
		g.log.Error(err, "a postback could not be judged", "postback", p.id)
	}
	if o.Conversion != nil {
		config, visit := p.config, g.visit(p.Postback)
		if n := o.Conversion; found != nil {
			// An order may come again with another click, even another partner's.
			if cmp.Or(n.ClickID, n.AimpID) != judge.Session(p.Postback) {
				visit = nil
			}
			if found.config != nil && p.Terms.Partner.Name != n.Cell.Partner {
				config = found.config
			}
		}
		if err := g.book(o, found, config, visit); err != nil {
			return err
		}
		g.nameGoal(p)
	}
	if o.Remember {
		g.repeats[p.keys.Repeat] = p.At
		g.newRepeats[p.keys.Repeat] = p.At
	}
	if o.GoalClick {
		g.countGoalClick(p)
	}
	g.note(p, &o)
	return nil
}

// caseOf collects what the verdict depends on.
func (g *group) caseOf(p *postback) (*judge.Case, *held) {
	session := judge.Session(p.Postback)
	c := &judge.Case{ID: p.id, Postback: p.Postback, Keys: p.keys, Click: g.visit(p.Postback), SessionClosed: session != "" && g.closed[session]}
	if p.config == nil {
		return c, nil
	}
	c.Day = judge.Day(p.At, p.config.zone)
	c.RepeatAt = g.repeats[p.keys.Repeat]
	if h := g.bySession[p.keys.Single]; h != nil && p.keys.Single != (judge.Key{}) {
		c.Single = h.Conversion
	}
	used := p.config
	var found *held
	if h := g.byOrder[p.keys.Order]; h != nil && p.keys.Order != (judge.Key{}) {
		c.ByOrder, found = h.Conversion, h
	} else if h := g.bySession[p.keys.Session]; h != nil && p.keys.Session != (judge.Key{}) {
		c.BySession, found = h.Conversion, h
	}
	if found != nil && found.config != nil {
		c.Origin, used = found.config.Terms, found.config
	}
	c.Used = g.used(used)
	return c, found
}

// safely judges; a fault of the judge costs one postback, not the ledger.
func safely(c *judge.Case) (o judge.Outcome, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("judging panicked: %v", r)
			o = judge.Outcome{Verdict: journal.Verdict{Verdict: judge.Refused, Reason: reasonInternal, Known: true, Config: c.Postback.Config}}
		}
	}()
	return judge.Postback(c), nil
}

// reasonInternal is the reason of a postback that a fault of ours kept from being judged.
const reasonInternal = "internal_error"

// note writes the log line of a postback and keeps its verdict for its tracker.
func (g *group) note(p *postback, o *judge.Outcome) {
	row := store.Postback{ID: p.id, Postback: p.Postback, Verdict: o.Verdict, ClickMissing: o.ClickMissing, HTTPStatus: httpStatus(p, &o.Verdict)}
	if p.Terms != nil {
		row.Offer, row.Partner = p.Terms.Offer.Name, p.Terms.Partner.Name
	}
	g.logged = append(g.logged, row)
	g.verdicts = append(g.verdicts, answer{reply: p.reply, boot: p.boot, sequence: p.sequence, entry: p.entry, verdict: o.Verdict})
	if p.Trace != "" && !g.rebuilding() {
		g.traced = append(g.traced, traced{p.Trace, o.Verdict})
	}
}

// httpStatus is the status of the tracker's answer, as far as the ledger can know.
func httpStatus(p *postback, v *journal.Verdict) int {
	switch {
	case p.HTTPStatus != 0:
		return p.HTTPStatus
	case p.waited:
		return http.StatusAccepted
	case v.Verdict == judge.Refused && v.Reason == judge.ReasonBadAmount:
		return http.StatusBadRequest
	}
	return http.StatusOK
}

// nameGoal keeps what the goal of a conversion is called.
func (g *group) nameGoal(p *postback) {
	t := &p.Terms.Goal
	if p.Reason != "" || t.Value == "" {
		return
	}
	key := goalKey{p.Network, p.Terms.Offer.Name, t.Value}
	n := store.Goal{Network: key.network, Offer: key.offer, Goal: key.goal, Name: t.Name, Slug: t.Slug, Title: t.Title}
	if g.mem.goals[key] != n {
		g.mem.goals[key] = n
		g.goals = append(g.goals, n)
	}
}

func (g *group) countGoalClick(p *postback) {
	t := p.Terms
	cell := g.cellID(judge.Cell{Network: p.Network, Offer: t.Offer.Name, Partner: t.Partner.Name, Advertiser: t.Offer.Advertiser,
		Goal: t.Goal.Value, Currency: t.Offer.Currency, Private: t.Goal.Private})
	g.nameGoal(p)
	g.zone(p.Network, t.Offer.TimeZone, p.At)
	g.quarters.at(floorDiv(p.At, quarterMicros), cell).GoalClicks++
	g.days.at(judge.Day(p.At, p.config.zone), cell).GoalClicks++
}
