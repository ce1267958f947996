// Package plan computes what a change of configuration means in money and in links,
// before it is merged. It is the engine of "waypost plan OLD NEW".
//
// Its input are two lists of compiled records and a moment; its output is a list of
// changes. It is pure. Because it compares records, and not manifests, its result is
// what trackers and ledger would do: a default that is written out is no change, and a
// Network's setting shows at every offer that inherits it. Neighbours:
// controllers/offline compiles the two directories, api/pricing selects the terms that
// are compared.
//
// Diff works network by network, in this order:
//
//  1. objects: names that have come or gone. A gone Offer, Goal or Partner breaks links
//     in use, any other is only noted.
//  2. links and traffic: the fields of objects that are in both (links.go). Each field
//     is one line there with its class, because only the field's meaning decides
//     whether a change breaks a link, moves money or redirects visitors.
//  3. money: for every goal of every offer the selected terms of a partner without
//     terms of its own, then those of each partner at each moment at which one of its
//     overrides begins or ends (money.go).
//
// A partner's change is listed only where it differs from the default change, or from
// its own at the moment before. Otherwise one edit of a payout would be repeated for
// each of a thousand partners.
//
// It costs one selection for each offer, goal, partner and moment, before and after. A
// field that has no line in links.go is not compared.
package plan
