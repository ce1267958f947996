// Package replay judges recorded postbacks again under another configuration, in the
// order in which they came, with the tracker's checks (tracker/server) and the ledger's
// judge (tracker/ledger/judge), and reports what that changes for each partner. It
// writes nothing; where the postbacks come from is the caller's.
package replay
