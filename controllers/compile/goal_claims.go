package compile

import (
	"strings"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/api/v1alpha1"
)

// goalClaims are what the goals of one offer may have only once: values and
// slugs ignoring case, reference ids as they are.
type goalClaims struct {
	values, slugs, refIDs map[string]*node
}

func newGoalClaims() *goalClaims {
	return &goalClaims{values: map[string]*node{}, slugs: map[string]*node{}, refIDs: map[string]*node{}}
}

// take claims everything of a goal that is still free.
func (c *goalClaims) take(owner *node, g *snapshot.Goal) {
	claimOne(c.values, strings.ToLower(g.Value), owner)
	claimOne(c.slugs, strings.ToLower(g.Slug), owner)
	for _, alias := range g.SlugAliases {
		claimOne(c.slugs, strings.ToLower(alias), owner)
	}
	claimOne(c.refIDs, g.RefID, owner)
}

// claimOne gives a free key to owner; an empty one, which no goal has, is left out.
// Goals come oldest first, so the oldest keeps it.
func claimOne(claims map[string]*node, key string, owner *node) {
	if key != "" && claims[key] == nil {
		claims[key] = owner
	}
}

// check notes what of a goal belongs to another goal.
func (c *goalClaims) check(f *findings, owner *node, g *snapshot.Goal) {
	at := root()
	value, slug, aliases, refID := at.dot("value"), at.dot("slug"), at.dot("slugAliases"), at.dot("refID")
	if other := c.values[strings.ToLower(g.Value)]; other != nil && other != owner {
		f.problem(v1alpha1.ReasonConflicted, &value, "%.64q is the value of %s (case is ignored): choose another", g.Value, goalTitle(other))
	}
	if other := c.slugs[strings.ToLower(g.Slug)]; other != nil && other != owner {
		f.problem(v1alpha1.ReasonConflicted, &slug, "%.64q is a slug of %s: set slug to another", g.Slug, goalTitle(other))
	}
	for i, alias := range g.SlugAliases {
		if other := c.slugs[strings.ToLower(alias)]; other != nil && other != owner {
			entry := aliases.at(i)
			f.problem(v1alpha1.ReasonConflicted, &entry, "%.64q is a slug of %s: remove it here or there", alias, goalTitle(other))
		}
	}
	if other := c.refIDs[g.RefID]; g.RefID != "" && other != nil && other != owner {
		f.problem(v1alpha1.ReasonConflicted, &refID, "%.64q is the refID of %s: choose another", g.RefID, goalTitle(other))
	}
}

// goalTitle names the owner of a claim.
func goalTitle(owner *node) string {
	if owner.kind == snapshot.KindOffer {
		return "the default goal"
	}
	return "Goal " + owner.name + ", which came first"
}

// strip returns a goal's last good form without what belongs to others by now; nil if
// its value does. A goal without its slug can still be reported by value, without its
// value by nothing. The record is copied, because records are never changed once made.
func (c *goalClaims) strip(owner *node, r *snapshot.Record) *snapshot.Record {
	others := func(claims map[string]*node, key string) bool { return claims[key] != nil && claims[key] != owner }
	body := *r.Goal
	if others(c.values, strings.ToLower(body.Value)) {
		return nil
	}
	if others(c.slugs, strings.ToLower(body.Slug)) {
		body.Slug = ""
	}
	body.SlugAliases = nil
	for _, alias := range r.Goal.SlugAliases {
		if !others(c.slugs, strings.ToLower(alias)) {
			body.SlugAliases = append(body.SlugAliases, alias)
		}
	}
	if others(c.refIDs, body.RefID) {
		body.RefID = ""
	}
	stripped := *r
	stripped.Goal = &body
	return &stripped
}
