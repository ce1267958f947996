// Package suspensions shows in the status of Partners which of their postbacks the
// ledger has suspended, because their URLs failed too often in a row. The ledger
// decides and sends nothing to the operator, so Reconciler asks, as controllers/trackers
// asks trackers. It owns one condition and nothing else; the rest of the status is
// that of controllers/status.
package suspensions
