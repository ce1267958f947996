-- What each click and impression was worth, and what is left of those that were
-- dropped, PostgreSQL. See SCHEMA.md.

-- +goose Up
-- What visits have in common. A row refers to it by number, in the place of its own
-- sub_overflow. Rows of before share what the rollup of their quarter of an hour holds.
CREATE TABLE visit_kinds (
    id           bigint PRIMARY KEY,
    payout       bigint NOT NULL,
    revenue      bigint NOT NULL,
    sub_overflow bigint NOT NULL,
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
