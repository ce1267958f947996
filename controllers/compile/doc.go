// Package compile turns the objects of networks into the records that trackers
// serve, and into a verdict per object.
//
// It is pure: objects and a time go in, records and verdicts come out; there is
// no client and no clock. The operator publishes its records and writes its
// verdicts into status; controllers/offline runs it on a directory of manifests.
//
// # What comes in
//
// Upsert, Delete and SetSecret enter a change into the graph of its namespace: what
// names what, and which objects are to be compiled again. LoadPrevious enters the
// records that were published before the start, the last good forms.
//
// # What happens
//
// Compile works in this order:
//
//  1. Networks of all namespaces are compared, if one has changed: a namespace has
//     one Network, a host belongs to one network, the oldest first (hosts.go).
//  2. In each namespace expired tombstones are removed (records.go).
//  3. Marked objects are compiled in four levels, each after everything that it
//     names: Advertisers and PayoutStructures, Offers with their Goals, Partners,
//     PartnerPayouts (namespace.go, offer_goals.go; the table is in rules.go).
//  4. What is kept only while a record names it is removed, once none does.
//
// One object is compiled in three steps. A builder makes the body of its record
// and keeps findings: one literal a kind, each field with its check. The namespace
// serves the new record, the last good one, or a tombstone. The report makes a
// verdict of the findings, and is passed on if it differs from the last. If the
// object's presence has changed, the objects that name it are marked.
//
// # What holds
//
// The result is the one that a compilation of the same objects from scratch gives
// with the same last good forms, in whatever order changes came. An invalid edit
// never removes what is served. A conflict goes to the oldest object. A panic stays
// with the object that caused it. Records are never changed once made.
//
// # What it costs
//
// A changed object costs itself and the objects that depend on it: a Goal its offer
// and the other Goals of that, an Offer also the PartnerPayouts that name it when it
// comes, goes or its goals change. Only a Network's settings, rotated keys and
// SetPartial cost every object.
package compile
