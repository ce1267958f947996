// Package store keeps the ledger's state in SQL: SQLite in a file, or PostgreSQL.
//
// It knows tables and statements, no rules: package judge decides, the fold in
// package ledger brings both together, one transaction for each group of journal
// batches. Reports, the courier and the console read the tables that SCHEMA.md
// describes through Reader, and write through Update.
package store
