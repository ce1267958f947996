package compile

import (
	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/api/v1alpha1"
)

// builder makes the body of the record of one object, or of one entry of it, and
// keeps what turns up.
type builder struct {
	findings
	namespace *namespace
}

// entry returns a builder of an entry of a list, which is refused by itself.
func (b *builder) entry() *builder { return &builder{namespace: b.namespace} }

// block refuses what would be new in a network that cannot be reached.
func (b *builder) block() {
	if blocked := b.namespace.network.blocked; blocked != nil {
		b.miss(*blocked)
	}
}

// resolve notes a reference to an object that does not exist or is not served.
func (b *builder) resolve(at *path, kind snapshot.Kind, name string) {
	switch b.namespace.graph.presence(kind, name) {
	case absent:
		b.miss(newProblem(v1alpha1.ReasonRefNotFound, at, "%s %.64q does not exist: create it, or correct the name", kind, name))
	case unserved:
		b.miss(newProblem(v1alpha1.ReasonRefNotAccepted, at, "%s %.64q is not served: its status says why", kind, name))
	case live:
	}
}

// offerGoal resolves the offer and the goal that an override or a partner
// postback names, and returns the goal in its declared spelling. An empty goal
// stays empty. Private goals have neither overrides nor partner postbacks (S1-12).
func (b *builder) offerGoal(at *path, offer, goal string) (string, string) {
	offerAt, goalAt := at.dot("offer"), at.dot("goal")
	b.name(&offerAt, offer)
	before := len(b.missing)
	b.resolve(&offerAt, snapshot.KindOffer, offer)
	if goal == "" || len(b.missing) > before {
		return offer, goal
	}
	declared := findGoal(b.namespace.graph.nodes[ref{snapshot.KindOffer, offer}].goals, goal)
	switch {
	case declared == nil:
		b.miss(newProblem(v1alpha1.ReasonRefNotFound, &goalAt, "offer %.64q has no goal %.64q that is served: declare a Goal, or correct the value", offer, goal))
		return offer, goal
	case declared.Private:
		b.problem(v1alpha1.ReasonPrivateGoal, &goalAt, "goal %.64q of offer %.64q is private: it has no overrides and no partner postbacks", declared.Value, offer)
	}
	return offer, declared.Value
}
