// Package journal is the record of everything that happened: clicks, impressions
// and postbacks from the trackers, and the ledger's own entries (ticks and
// moderation). It is kept in NATS JetStream, in order, until the ledger trims it.
//
// Trackers append with a Writer (group commit); the ledger consumes in order with a
// Reader and sends verdicts back. Entries are self-contained: accounting can be
// rebuilt from them without the configuration they were made with.
//
// In trouble a Writer keeps entries in bounded memory, then in a spool file, and
// sends the same batch again until its outcome is known. So a batch may be in the
// journal twice, and one whose postback was answered 503 may be in it all the same;
// its boot id and sequence tell a repetition. Neighbours: tracker/server writes,
// tracker/ledger reads.
package journal
