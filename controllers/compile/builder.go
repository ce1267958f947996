package compile

import (
	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/api/v1alpha1"
)

// builder makes the body of the record of one object, or of one entry of it, and
// keeps what turns up. Its methods return the value also where it is wrong: the body is
// then not served, and each further mistake is found in the same run.
type builder struct {
	findings
	namespace *namespace
}

// entry returns a builder of an entry of a list, which is refused by itself.
func (b *builder) entry() *builder { return &builder{namespace: b.namespace} }

// builder returns a builder without findings, if possible one that is free again: a start
// compiles a hundred thousand objects, and nearly all are without findings.
func (s *namespace) builder() *builder {
	free := &s.compiler.builders
	if len(*free) == 0 {
		return &builder{namespace: s}
	}
	b := (*free)[len(*free)-1]
	*free = (*free)[:len(*free)-1]
	b.namespace = s
	return b
}

// build makes the record of a node's object. fill makes its body, and a panic in it
// becomes a finding. Reasons from outside are added last: a network that no host leads to,
// and a refusal by Refuse.
func (s *namespace) build(n *node, fill func(*builder, *node, *snapshot.Record)) (*builder, *snapshot.Record) {
	b := s.builder()
	record := &snapshot.Record{
		Kind: n.kind, Network: s.name, Name: n.name,
		Generation: n.object.GetGeneration(), UID: n.uid(),
	}
	guard(&b.findings, func() {
		fill(b, n, record)
		if blocked := s.network.blocked; blocked != nil { // what would be new in a network that cannot be reached
			b.missing = append(b.missing, *blocked)
		}
	})
	b.refusedBy(n.refusedFor())
	return b, record
}

// object reads the name of an object that must be served, and returns it.
func (b *builder) object(at *path, kind snapshot.Kind, name string) string {
	b.resolve(at, kind, b.name(at, name))
	return name
}

// resolve notes a reference to an object that does not exist or is not served, and
// reports whether it is served.
func (b *builder) resolve(at *path, kind snapshot.Kind, name string) bool {
	switch b.namespace.graph.presence(kind, name) {
	case absent:
		b.miss(v1alpha1.ReasonRefNotFound, at, "%s %.64q does not exist: create it, or correct the name", kind, name)
	case unserved:
		b.miss(v1alpha1.ReasonRefNotAccepted, at, "%s %.64q is not served: its status has the reason", kind, name)
	case live:
		return true
	}
	return false
}

// offerGoal resolves the offer and the goal that an override or a partner
// postback names, and returns the goal in its declared spelling. An empty goal
// stays empty. Private goals have neither overrides nor partner postbacks (S1-12).
func (b *builder) offerGoal(at *path, offer, goal string) string {
	b.name(at.dot("offer"), offer)
	if served := b.resolve(at.dot("offer"), snapshot.KindOffer, offer); goal == "" || !served {
		return goal
	}
	declared := findGoal(b.namespace.graph.nodes[ref{snapshot.KindOffer, offer}].goals, goal)
	if declared == nil {
		b.miss(v1alpha1.ReasonRefNotFound, at.dot("goal"), "offer %.64q has no goal %.64q that is served: declare a Goal, or correct the value", offer, goal)
		return goal
	}
	if declared.Private {
		b.problem(v1alpha1.ReasonPrivateGoal, at.dot("goal"), "goal %.64q of offer %.64q is private: it has no overrides and no partner postbacks", declared.Value, offer)
	}
	return declared.Value
}
