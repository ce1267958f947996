// Package store keeps the ledger's state in SQL: SQLite in a file, or PostgreSQL.
//
// What comes in is rows of Go, and what happens is one transaction (Tx) for a number of
// journal batches. Tables lie in groups, a field of Tx and a file each: Dimensions, Visits,
// Conversions, Sessions, Postbacks, Rollups, Caps, Progress, Deliveries. A table is a list
// of columns (package column) that statements, writing and reading follow. Statements are
// written with ? for both databases; an engine's session runs them, with few round trips
// and, in SQLite, by the driver itself, because rows are most of the ledger's work.
//
// The invariant: a transaction moves the one row of the table ledger from the position
// that its caller holds, so a batch counts once, whatever else was killed or is running.
//
// It holds tables and statements, no rules: package fold applies them, package ledger
// brings both together. The courier, the API and the console read the tables that
// SCHEMA.md describes through Reader, and write through Update.
package store
