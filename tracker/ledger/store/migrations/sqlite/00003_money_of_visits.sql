-- What each click and impression was worth, and what is left of those that were
-- dropped, SQLite. See SCHEMA.md.

-- +goose Up
-- What visits have in common. A row refers to it by number, in the place of its own
-- sub_overflow. Rows of before share what the rollup of their quarter of an hour holds.
CREATE TABLE visit_kinds (
    id           INTEGER PRIMARY KEY,
    payout       INTEGER NOT NULL,
    revenue      INTEGER NOT NULL,
    sub_overflow INTEGER NOT NULL,
    UNIQUE (payout, revenue, sub_overflow)
);
INSERT INTO visit_kinds (id, payout, revenue, sub_overflow)
SELECT row_number() OVER (ORDER BY payout, revenue, sub_overflow), payout, revenue, sub_overflow FROM (
    SELECT q.click_payout / q.clicks AS payout, q.click_revenue / q.clicks AS revenue, v.sub_overflow AS sub_overflow
    FROM clicks v JOIN rollup_quarter q ON q.bucket = v.at / 900000000 AND q.cell = v.cell WHERE q.clicks > 0
    UNION
    SELECT q.imp_payout_nano / q.impressions, q.imp_revenue_nano / q.impressions, v.sub_overflow
    FROM impressions v JOIN rollup_quarter q ON q.bucket = v.at / 900000000 AND q.cell = v.cell WHERE q.impressions > 0
) AS s;
ALTER TABLE clicks RENAME COLUMN sub_overflow TO kind;
UPDATE clicks SET kind = (SELECT k.id FROM rollup_quarter q JOIN visit_kinds k
    ON k.payout = q.click_payout / q.clicks AND k.revenue = q.click_revenue / q.clicks AND k.sub_overflow = clicks.kind
    WHERE q.bucket = clicks.at / 900000000 AND q.cell = clicks.cell AND q.clicks > 0);
ALTER TABLE impressions RENAME COLUMN sub_overflow TO kind;
UPDATE impressions SET kind = (SELECT k.id FROM rollup_quarter q JOIN visit_kinds k
    ON k.payout = q.imp_payout_nano / q.impressions AND k.revenue = q.imp_revenue_nano / q.impressions AND k.sub_overflow = impressions.kind
    WHERE q.bucket = impressions.at / 900000000 AND q.cell = impressions.cell AND q.impressions > 0);

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
