// Package address finds the caller: the visitor's address behind trusted
// proxies, how often it may ask, and how many connections it may hold open.
//
// Nothing that an untrusted peer writes into a header counts. Memory is bounded
// whatever the number of addresses; under pressure limits are forgotten rather
// than applied to the wrong address.
package address
