// Package moderation carries out moderators' decisions on conversions: it puts them
// into the journal, like everything else that changes the books, and waits until
// the ledger has applied them.
//
// The API and the console decide through it; package judge holds the rules of what a
// decision comes to.
//
// # One decision
//
//  1. The conversion is read. If it is what the decision makes of it, and its history has
//     the decision's words, nothing is done: a decision that is sent twice counts once.
//     A status other than those that the moderator has seen refuses it (status_changed).
//  2. An entry goes into the journal, with the status it was decided under. It is durable
//     then, and also a rebuild of the books makes the same decision.
//  3. The conversion is read again whenever the ledger has got further, until its history
//     has the entry's time, for at most ten seconds. What the books refuse, for a cap or
//     for uniqueness, stands in the history as well and becomes the answer.
//
// Without an answer in time the decision stands and takes effect later (ErrNotApplied). A
// decision about many is the same for each: all entries are written before the first is
// waited for, so many decisions take little longer than one.
package moderation
