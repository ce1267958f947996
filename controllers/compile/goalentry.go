package compile

import (
	"strings"

	"github.com/waypost/waypost/api/v1alpha1"

	"github.com/waypost/waypost/api/snapshot"
)

// goalEntry is what others need to know of an offer's goal to refer to it. A
// change of nothing else of a goal concerns nobody else.
type goalEntry struct {
	value   string // declared spelling
	private bool
}

// findGoal finds a goal by its value, ignoring case.
func findGoal(goals []goalEntry, value string) *goalEntry {
	for i := range goals {
		if strings.EqualFold(goals[i].value, value) {
			return &goals[i]
		}
	}
	return nil
}

// offerGoal resolves the offer and the goal that an override or a partner
// postback names, and returns the goal in its declared spelling. An empty goal
// stays empty. Private goals have neither overrides nor partner postbacks (S1-12).
func (s *space) offerGoal(f *findings, at *path, offer, goal string) (string, string) {
	offerAt, goalAt := at.dot("offer"), at.dot("goal")
	f.name(&offerAt, offer)
	before := len(f.missing)
	s.resolve(f, &offerAt, snapshot.KindOffer, offer)
	if goal == "" || len(f.missing) > before {
		return offer, goal
	}
	entry := findGoal(s.nodes[ref{snapshot.KindOffer, offer}].goals, goal)
	switch {
	case entry == nil:
		f.miss(newProblem(v1alpha1.ReasonRefNotFound, &goalAt, "offer %.64q has no goal %.64q that is served: declare a Goal, or correct the value", offer, goal))
		return offer, goal
	case entry.private:
		f.problem(v1alpha1.ReasonPrivateGoal, &goalAt, "goal %.64q of offer %.64q is private: it has no overrides and no partner postbacks", entry.value, offer)
	}
	return offer, entry.value
}
