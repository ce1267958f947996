// Package moderation carries out moderators' decisions on conversions: it puts them
// into the journal, like everything else that changes the books, and waits until
// the ledger has applied them.
//
// The API and the console decide through it; package judge holds the rules of what a
// decision comes to.
package moderation
