-- What the courier needs beside the deliveries, PostgreSQL. See SCHEMA.md.

-- +goose Up
-- The host and port that a delivery goes to: no macro can stand there.
ALTER TABLE deliveries ADD COLUMN host text COLLATE "C" NOT NULL GENERATED ALWAYS AS (lower(
    split_part(split_part(split_part(substr(url, strpos(url, '://') + 3), '/', 1), '?', 1), '#', 1))) STORED;

-- When the delivery was last made due by hand; its day of attempts begins there.
ALTER TABLE deliveries ADD COLUMN renewed_at bigint NOT NULL DEFAULT 0;

-- Each host is a queue of its own, so that a slow one is passed over in one step.
DROP INDEX deliveries_due;
CREATE INDEX deliveries_turn ON deliveries (host, due_at, id) WHERE state = 'waiting';
CREATE INDEX deliveries_state ON deliveries (state, id);

-- A partner's URL whose last call failed.
CREATE TABLE delivery_targets (
    id           text COLLATE "C" PRIMARY KEY,
    network      text COLLATE "C" NOT NULL,
    partner      text COLLATE "C" NOT NULL,
    name         text COLLATE "C" NOT NULL,
    url          text COLLATE "C" NOT NULL,
    failures     text COLLATE "C" NOT NULL,
    failed       bigint NOT NULL,
    failed_at    bigint NOT NULL,
    http_status  bigint NOT NULL,
    error        text COLLATE "C" NOT NULL,
    suspended_at bigint NOT NULL
);
