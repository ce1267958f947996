// Package journal is the record of everything that happened: clicks, impressions
// and postbacks from the trackers, and the ledger's own entries (ticks and
// moderation). It is kept in NATS JetStream, in order, until the ledger trims it.
//
// Trackers append with group commit; the ledger consumes in order and sends the
// verdicts back. Entries are self-contained: accounting can be rebuilt from them
// without the configuration they were made with.
package journal
