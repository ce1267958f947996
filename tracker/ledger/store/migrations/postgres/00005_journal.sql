-- Which journal the tables are made of, and by which keys, PostgreSQL. See SCHEMA.md.

-- +goose Up
ALTER TABLE ledger ADD COLUMN journal text NOT NULL DEFAULT '';
ALTER TABLE ledger ADD COLUMN digest bigint NOT NULL DEFAULT 0;
ALTER TABLE ledger ADD COLUMN digest_at bigint NOT NULL DEFAULT 0;
ALTER TABLE ledger ADD COLUMN key_prints text NOT NULL DEFAULT '';
