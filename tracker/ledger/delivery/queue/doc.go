// Package queue keeps the courier's deliveries in the ledger's tables: which are
// due, who has claimed them, what came of them, and which partner's URL is
// suspended because it failed too often in a row.
//
// The fold inserts rows of deliveries; everything from their state on belongs to
// this package. Package delivery makes the calls; package query lists the rows
// and retries them through here.
package queue
