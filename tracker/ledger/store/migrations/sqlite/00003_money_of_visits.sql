-- What each click and impression was worth, and what is left of those that were
-- dropped, SQLite. See SCHEMA.md.

-- +goose Up
-- Rows of before share what the rollup of their quarter of an hour holds.
ALTER TABLE clicks ADD COLUMN payout INTEGER NOT NULL DEFAULT 0;
ALTER TABLE clicks ADD COLUMN revenue INTEGER NOT NULL DEFAULT 0;
UPDATE clicks SET payout = q.click_payout / q.clicks, revenue = q.click_revenue / q.clicks FROM rollup_quarter q
WHERE q.bucket = clicks.at / 900000000 AND q.cell = clicks.cell AND q.clicks > 0 AND (q.click_payout > 0 OR q.click_revenue > 0);

ALTER TABLE impressions ADD COLUMN payout INTEGER NOT NULL DEFAULT 0;
ALTER TABLE impressions ADD COLUMN revenue INTEGER NOT NULL DEFAULT 0;
UPDATE impressions SET payout = q.imp_payout_nano / q.impressions, revenue = q.imp_revenue_nano / q.impressions FROM rollup_quarter q
WHERE q.bucket = impressions.at / 900000000 AND q.cell = impressions.cell AND q.impressions > 0 AND (q.imp_payout_nano > 0 OR q.imp_revenue_nano > 0);

CREATE TABLE past_visits (
    bucket           INTEGER NOT NULL,
    cell             INTEGER NOT NULL,
    source           TEXT NOT NULL,
    country          TEXT NOT NULL,
    device           TEXT NOT NULL,
    clicks           INTEGER NOT NULL,
    unique_clicks    INTEGER NOT NULL,
    impressions      INTEGER NOT NULL,
    click_payout     INTEGER NOT NULL,
    click_revenue    INTEGER NOT NULL,
    imp_payout_nano  INTEGER NOT NULL,
    imp_revenue_nano INTEGER NOT NULL,
    PRIMARY KEY (bucket, cell, source, country, device)
) WITHOUT ROWID;
