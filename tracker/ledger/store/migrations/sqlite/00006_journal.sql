-- Which journal the tables are made of, and by which keys, SQLite. See SCHEMA.md.

-- +goose Up
ALTER TABLE ledger ADD COLUMN journal TEXT NOT NULL DEFAULT '';
ALTER TABLE ledger ADD COLUMN digest INTEGER NOT NULL DEFAULT 0;
ALTER TABLE ledger ADD COLUMN digest_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE ledger ADD COLUMN key_prints TEXT NOT NULL DEFAULT '';
