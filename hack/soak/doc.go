// Package soak holds the whole installation to an independent model: random
// traffic against a random configuration goes through real trackers, a NATS server
// and ledgers on both engines while processes are killed, and a sequential model,
// which knows the configuration and the requests and takes from the journal nothing
// but their order and time, must agree on every verdict, conversion and cent.
//
// "go test" runs a small slice of it, "make soak" the whole.
package soak
