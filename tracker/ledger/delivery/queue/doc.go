// Package queue keeps the courier's deliveries in the ledger's tables: which are
// due, which are claimed, what came of them, and which partner's URL is suspended
// because it failed too often in a row.
//
// Due finds the hosts that something waits for, and takes a few deliveries of each. They
// are sorted: ready to be called, waiting for the row of their click, or of a suspended
// URL, which sets them aside. Claim keeps other couriers off, Record keeps results and
// counts failures by target. The invariant: what was delivered stays delivered. A look
// costs by the number of hosts, not by what waits for them.
//
// The states of a row, and what moves it:
//
//   - waiting, until due_at. Claim puts due_at off to the end of the claim; Record leaves the
//     row waiting for its next attempt, or moves it to delivered or parked.
//   - delivered, for good: neither Record nor Retry moves it.
//   - parked, after a day of failures, or for a URL that cannot be made of its template.
//     Retry makes it wait again.
//   - suspended, with the others of its target, after ten failures in a row within 72
//     hours. Resume, Retry, a call that was still out and succeeds, or a later delivery of the
//     same postback with another URL make all of them wait again.
//
// The fold inserts rows of deliveries; everything from their state on belongs to
// this package. Package delivery makes the calls; package query lists the rows, and
// package api retries them through here.
package queue
