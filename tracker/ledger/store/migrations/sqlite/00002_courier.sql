-- What the courier needs beside the deliveries, SQLite. See SCHEMA.md.

-- +goose Up
-- The host and port that a delivery goes to: no macro can stand there.
ALTER TABLE deliveries ADD COLUMN host TEXT NOT NULL GENERATED ALWAYS AS (lower(
    substr(substr(url, instr(url, '://') + 3), 1, min(
        instr(substr(url, instr(url, '://') + 3) || '/', '/'),
        instr(substr(url, instr(url, '://') + 3) || '?', '?'),
        instr(substr(url, instr(url, '://') + 3) || '#', '#')) - 1))) VIRTUAL;

-- When the delivery was last made due by hand; its day of attempts begins there.
ALTER TABLE deliveries ADD COLUMN renewed_at INTEGER NOT NULL DEFAULT 0;

-- Each host is a queue of its own, so that a slow one is passed over in one step.
DROP INDEX deliveries_due;
CREATE INDEX deliveries_turn ON deliveries (host, due_at, id) WHERE state = 'waiting';
CREATE INDEX deliveries_state ON deliveries (state, id);

-- A partner's URL whose last call failed.
CREATE TABLE delivery_targets (
    id           TEXT PRIMARY KEY,
    network      TEXT    NOT NULL,
    partner      TEXT    NOT NULL,
    name         TEXT    NOT NULL,
    url          TEXT    NOT NULL,
    failures     TEXT    NOT NULL,
    failed       INTEGER NOT NULL,
    failed_at    INTEGER NOT NULL,
    http_status  INTEGER NOT NULL,
    error        TEXT    NOT NULL,
    suspended_at INTEGER NOT NULL
) WITHOUT ROWID;
