// Package soak holds the whole installation to an independent model. Random traffic
// against a random configuration goes through real trackers, a NATS server and ledgers
// on both engines while processes are killed. A sequential model must agree on every
// verdict, conversion and cent. It has the configuration and the requests, and takes
// from the journal nothing but their order and time.
//
// "go test" runs a small slice of it, "make soak" the whole.
package soak
