// Package judge decides what becomes of one postback: its verdict, its money, and
// what changes in the books. It also ends holds and carries out moderation.
//
// It is pure: state and entry in, outcome out. It reads no database, no
// configuration and no clock; time comes with the journal's entries alone, so
// that the same journal always gives the same books. Package fold brings
// the state and books the outcome.
package judge
