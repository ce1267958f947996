// Package delivery makes the outgoing calls: partners' postbacks and advertisers'
// impression destinations.
//
// The ledger writes a delivery in the transaction that decides it; the courier
// takes due ones from that queue, calls, and records the result. A call is made at
// least once and always under the same delivery id. Where a URL leads is decided
// by partners and advertisers, so every connection is checked after the name has
// been resolved. Package queue keeps them in the
// tables of tracker/ledger/store.
package delivery
