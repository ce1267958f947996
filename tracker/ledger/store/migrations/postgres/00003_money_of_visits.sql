-- What each click and impression was worth, and what is left of those that were
-- dropped, PostgreSQL. See SCHEMA.md.

-- +goose Up
-- Rows of before share what the rollup of their quarter of an hour holds.
ALTER TABLE clicks ADD COLUMN payout bigint NOT NULL DEFAULT 0;
ALTER TABLE clicks ADD COLUMN revenue bigint NOT NULL DEFAULT 0;
UPDATE clicks SET payout = q.click_payout / q.clicks, revenue = q.click_revenue / q.clicks FROM rollup_quarter q
WHERE q.bucket = clicks.at / 900000000 AND q.cell = clicks.cell AND q.clicks > 0 AND (q.click_payout > 0 OR q.click_revenue > 0);

ALTER TABLE impressions ADD COLUMN payout bigint NOT NULL DEFAULT 0;
ALTER TABLE impressions ADD COLUMN revenue bigint NOT NULL DEFAULT 0;
UPDATE impressions SET payout = q.imp_payout_nano / q.impressions, revenue = q.imp_revenue_nano / q.impressions FROM rollup_quarter q
WHERE q.bucket = impressions.at / 900000000 AND q.cell = impressions.cell AND q.impressions > 0 AND (q.imp_payout_nano > 0 OR q.imp_revenue_nano > 0);

CREATE TABLE past_visits (
    bucket           bigint NOT NULL,
    cell             bigint NOT NULL,
    source           text COLLATE "C" NOT NULL,
    country          text COLLATE "C" NOT NULL,
    device           text COLLATE "C" NOT NULL,
    clicks           bigint NOT NULL,
    unique_clicks    bigint NOT NULL,
    impressions      bigint NOT NULL,
    click_payout     bigint NOT NULL,
    click_revenue    bigint NOT NULL,
    imp_payout_nano  bigint NOT NULL,
    imp_revenue_nano bigint NOT NULL,
    PRIMARY KEY (bucket, cell, source, country, device)
);
