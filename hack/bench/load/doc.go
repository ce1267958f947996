// Package load puts HTTP servers under load: as much as they take, with wrk, and at
// a given rate, with a client of its own that counts the wait of every request that
// should have been sent. wrk measures the clicks a second, the client the latencies
// of hack/bench/tracker and hack/bench/ledger.
//
// wrk sends the next request of a connection when the one before is answered. So it finds
// how much a server takes, and its own latencies are of no use: while a server stalls,
// wrk sends nothing that could wait. Paced sends by a plan instead. One thread, pinned to
// a core, goes in a loop over connections that do not block: it sends what is due on idle
// ones, takes the answers that are there, and sleeps only where the next request is far.
// A latency begins when its request was due.
package load
