package live

import (
	"slices"

	"github.com/waypost/waypost/api/snapshot"
)

// goalForm is what goals of different offers have in common more often than not.
type goalForm struct {
	value, slug     string
	payout, revenue snapshot.PayoutTerms
	state           snapshot.State
	protocol        snapshot.Protocol
	encrypted       bool
	rules           snapshot.GoalRules
}

// goalRest is what few goals have.
type goalRest struct {
	aliases         []string
	payout, revenue snapshot.Pay // tiers and structure only
}

// newGoal makes a goal of its decoded form, of which it keeps nothing but the rest.
func newGoal(name, network string, g *snapshot.Goal, in *interner) Goal {
	return Goal{
		Name: name, network: in.pointer(network), offer: in.pointer(g.Offer), title: in.one(g.Title), refID: g.RefID,
		form: in.form(goalForm{
			value: g.Value, slug: g.Slug,
			payout: snapshot.PayoutTerms{Flat: g.Payout.Flat, Percent: g.Payout.Percent}, revenue: snapshot.PayoutTerms{Flat: g.Revenue.Flat, Percent: g.Revenue.Percent},
			state: g.State, protocol: g.Protocol, encrypted: g.Encrypted, rules: g.GoalRules,
		}),
		rest: restOf(g, in),
	}
}

// restOf returns the part of a goal that few goals have, nil where it has none of it.
func restOf(g *snapshot.Goal, in *interner) *goalRest {
	rest := goalRest{aliases: g.SlugAliases, payout: unusual(&g.Payout, in), revenue: unusual(&g.Revenue, in)}
	if len(rest.aliases)+len(rest.payout.Tiers)+len(rest.revenue.Tiers) == 0 && rest.payout.Structure == "" && rest.revenue.Structure == "" {
		return nil
	}
	return &rest
}

// unusual is a side of a goal without its own terms.
func unusual(p *snapshot.Pay, in *interner) snapshot.Pay {
	for i := range p.Tiers {
		in.text(&p.Tiers[i].Tier)
	}
	return snapshot.Pay{Tiers: p.Tiers, Structure: in.one(p.Structure)}
}

// Body is the goal as its record has it. What it points to is shared and must not be
// changed.
func (g *Goal) Body() snapshot.Goal {
	f := g.form
	body := snapshot.Goal{
		Offer: *g.offer, Value: f.value, Title: g.title, Slug: f.slug, RefID: g.refID,
		State: f.state, Protocol: f.protocol, Encrypted: f.encrypted, GoalRules: f.rules,
	}
	if g.rest != nil {
		body.SlugAliases, body.Payout, body.Revenue = g.rest.aliases, g.rest.payout, g.rest.revenue
	}
	body.Payout.Flat, body.Payout.Percent = f.payout.Flat, f.payout.Percent
	body.Revenue.Flat, body.Revenue.Percent = f.revenue.Flat, f.revenue.Percent
	return body
}

// hasAlias reports whether slug is an alias of the goal's.
func (g *Goal) hasAlias(slug string) bool {
	return g.rest != nil && slices.ContainsFunc(g.rest.aliases, func(alias string) bool { return equalFold(alias, slug) })
}
