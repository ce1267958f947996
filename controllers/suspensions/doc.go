// Package suspensions says in the status of Partners which of their postbacks the
// ledger has suspended, because their URLs failed too often in a row. The ledger
// decides and nobody tells the operator, so it asks, as it asks trackers what they
// serve (controllers/acks). It owns one condition and nothing else; the rest of
// the status is controllers/status's.
package suspensions
