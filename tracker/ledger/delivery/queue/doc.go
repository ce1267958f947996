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
// The fold inserts rows of deliveries; everything from their state on belongs to
// this package. Package delivery makes the calls; package query lists the rows, and
// package api retries them through here.
package queue
