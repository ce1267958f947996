// Package replay judges recorded postbacks again under another configuration, in
// the order in which they came, with the tracker's checks (tracker/server) and the
// ledger's judge (tracker/ledger/judge), and shows what that changes for each
// partner. It writes nothing; where the postbacks come from is the caller's.
//
// # What comes in
//
// An index of the other configuration, the beginning of the time, and a function that
// finds the data of clicks. Then, in this order: all conversions of the time as they
// stand (Recorded), and all that happened in the order of time, postbacks of the log and
// decisions of moderators (Postback, Moderation). At the end Outcome adds up.
//
// # What happens
//
// A postback of the log is checked again as the tracker would (server.Rechecker) and
// folded into books in memory that begin empty (package fold): uniqueness, sessions, caps
// and holds follow from the replayed postbacks alone. Time passes by the postbacks: before
// each, holds that have ended by its moment are approved.
//
// # What is left as it was
//
// Left counts what the log does not suffice for: keys and whether a pixel came sealed are
// not kept, a postback on a conversion of before cannot be judged without it, and caps are
// counted from the beginning of the time. A conversion that cannot be judged again stands
// on both sides as it was recorded, so that it makes no difference.
//
// The cost is that of the fold without a database, and a look-up of each click that a rule
// or a bound of time asks for.
package replay
