// Package moderation carries out a person's decisions on conversions: it puts them
// into the journal, like everything else that changes the books, and waits until
// the ledger has applied them.
//
// The API and the console decide through it; package judge says what a decision
// comes to.
package moderation
