package compile

import (
	"strings"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/api/v1alpha1"
)

// goalClaims are what the goals of one offer may have only once: values and
// slugs ignoring case, reference ids as they are. A postback names its goal by any of
// them, so two goals with one name would make the verdict depend on their order.
//
// Goals are compiled from the oldest to the youngest, and each takes what is free. So the
// younger one loses, whichever was edited last. A slug and another goal's alias conflict
// as two slugs do.
type goalClaims struct{ values, slugs, refIDs claims }

// claims are the owners of texts; "" has none.
type claims map[string]*node

func newGoalClaims() *goalClaims {
	return &goalClaims{values: claims{}, slugs: claims{}, refIDs: claims{}}
}

// take claims everything of a goal that is still free.
func (c *goalClaims) take(owner *node, g *snapshot.Goal) {
	c.values.take(owner, strings.ToLower(g.Value))
	c.slugs.take(owner, strings.ToLower(g.Slug))
	for _, alias := range g.SlugAliases {
		c.slugs.take(owner, strings.ToLower(alias))
	}
	c.refIDs.take(owner, g.RefID)
}

// take claims a text that is free.
func (c claims) take(owner *node, key string) {
	if key != "" && c[key] == nil {
		c[key] = owner
	}
}

// lost reports whether a text belongs to another goal.
func (c claims) lost(owner *node, key string) bool { return c[key] != nil && c[key] != owner }

// check notes what of a goal belongs to another goal.
func (c *goalClaims) check(f *findings, owner *node, g *snapshot.Goal) {
	conflict := func(lost claims, key string, at *path, text, format string) {
		if lost.lost(owner, key) {
			f.problem(v1alpha1.ReasonConflicted, at, format, text, goalTitle(lost[key]))
		}
	}
	conflict(c.values, strings.ToLower(g.Value), root.dot("value"), g.Value, "%.64q is the value of %s (case is ignored): choose another")
	conflict(c.slugs, strings.ToLower(g.Slug), root.dot("slug"), g.Slug, "%.64q is a slug of %s: set slug to another")
	for i, alias := range g.SlugAliases {
		conflict(c.slugs, strings.ToLower(alias), root.dot("slugAliases").at(i), alias, "%.64q is a slug of %s: remove it here or there")
	}
	conflict(c.refIDs, g.RefID, root.dot("refID"), g.RefID, "%.64q is the refID of %s: choose another")
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
	stripped, body := *r, *r.Goal
	stripped.Goal = &body
	if c.values.lost(owner, strings.ToLower(body.Value)) {
		return nil
	}
	if c.slugs.lost(owner, strings.ToLower(body.Slug)) {
		body.Slug = ""
	}
	body.SlugAliases = nil
	for _, alias := range r.Goal.SlugAliases {
		if !c.slugs.lost(owner, strings.ToLower(alias)) {
			body.SlugAliases = append(body.SlugAliases, alias)
		}
	}
	if c.refIDs.lost(owner, body.RefID) {
		body.RefID = ""
	}
	return &stripped
}
