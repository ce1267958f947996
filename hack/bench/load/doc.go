// Package load puts HTTP servers under load: as much as they take, with wrk, and at
// a given rate, with a client of its own that counts the wait of every request that
// should have been sent. wrk measures the clicks a second, the client the latencies
// of hack/bench/tracker and hack/bench/ledger.
package load
