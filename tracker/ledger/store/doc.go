// Package store keeps the ledger's state in SQL: SQLite in a file, or PostgreSQL.
//
// It knows tables and statements, no rules: package fold applies them, package ledger
// brings both together, one transaction for a number of journal batches. Reports, the courier and the console read the tables that SCHEMA.md
// describes through Reader, and write through Update.
package store
