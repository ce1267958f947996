package live

import "github.com/waypost/waypost/api/snapshot"

// defaultGoalValue is the value of every offer's default goal.
const defaultGoalValue = "1"

// Offer is an offer with its goals. Offers are immutable; only the cache of
// parsed templates fills as they are asked for.
type Offer struct {
	// Name is the object's name, Body its content, without the default goal.
	Name string
	Body *snapshot.Offer
	// Deleted is true when the object is gone (the record is a tombstone, kept so that
	// click ids in the wild can be named) or its state is Deleted. Body.State is
	// Deleted in both cases.
	Deleted bool
	// Hash is snapshot.OfferHash of the offer, as click ids carry it.
	Hash uint64

	network     *string
	defaultGoal Goal
	goals       *goalSet // nil without additional goals
	cache       *templateCache
	build       uint64 // the build that made this value and may still change it
}

func (o *Offer) key() snapshot.Key {
	return snapshot.Key{Kind: snapshot.KindOffer, Network: *o.network, ID: o.Body.TrackingID}
}

// precedes decides between two offers of one name.
func (o *Offer) precedes(other *Offer) bool {
	if o.Deleted != other.Deleted {
		return other.Deleted
	}
	return o.Body.TrackingID < other.Body.TrackingID
}

// DefaultGoal returns the offer's default goal, whose value is "1".
func (o *Offer) DefaultGoal() *Goal { return &o.defaultGoal }

// Goal returns the goal with this value, ignoring case, the default goal for
// "1", or nil. Deleted goals are found; a goal that is not deleted comes first.
func (o *Offer) Goal(value string) *Goal {
	if value == defaultGoalValue {
		return &o.defaultGoal
	}
	if o.goals == nil {
		return nil
	}
	return o.goals.byValue(value)
}

// GoalByName returns the goal that the Goal object of this name declares, or nil.
func (o *Offer) GoalByName(name string) *Goal {
	return o.find(func(g *Goal) bool { return g.Name != "" && g.Name == name })
}

// GoalBySlug returns the goal with this slug, or with it among its aliases,
// ignoring case, or nil. Of several, goals that are not deleted come first, then
// slugs before aliases.
func (o *Offer) GoalBySlug(slug string) *Goal {
	if slug == "" {
		return nil
	}
	bySlug := o.find(func(g *Goal) bool { return equalFold(g.form.slug, slug) })
	if bySlug != nil && !bySlug.Deleted() {
		return bySlug
	}
	byAlias := o.find(func(g *Goal) bool { return g.hasAlias(slug) })
	if byAlias == nil || byAlias.Deleted() && bySlug != nil {
		return bySlug
	}
	return byAlias
}

// GoalByRef returns the goal with this refID, compared exactly, or nil.
func (o *Offer) GoalByRef(ref string) *Goal {
	return o.find(func(g *Goal) bool { return g.refID != "" && g.refID == ref })
}

// Goals returns the default goal and then the others by value.
func (o *Offer) Goals() []*Goal {
	goals := []*Goal{&o.defaultGoal}
	if o.goals != nil {
		goals = append(goals, *o.goals...)
	}
	return goals
}

// find looks through all goals, preferring one that is not deleted.
func (o *Offer) find(match func(*Goal) bool) *Goal {
	if match(&o.defaultGoal) {
		return &o.defaultGoal
	}
	if o.goals == nil {
		return nil
	}
	return o.goals.first(match)
}
