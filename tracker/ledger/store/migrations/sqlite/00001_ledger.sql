-- The tables of the ledger, SQLite. What they mean is in SCHEMA.md.
-- Times are microseconds since 1970 UTC unless a column says otherwise; money is
-- in millionths. Days count from 1970-01-01.

-- +goose Up
CREATE TABLE ledger (
    one           INTEGER PRIMARY KEY CHECK (one = 1),
    position      INTEGER NOT NULL,
    tick_at       INTEGER NOT NULL,
    rebuild_until INTEGER NOT NULL
);
INSERT INTO ledger (one, position, tick_at, rebuild_until) VALUES (1, 0, 0, 0);

CREATE TABLE boots (
    boot     BLOB PRIMARY KEY,
    writer   TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    seen_at  INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE cells (
    id         INTEGER PRIMARY KEY,
    network    TEXT NOT NULL,
    offer      TEXT NOT NULL,
    partner    TEXT NOT NULL,
    advertiser TEXT NOT NULL,
    goal       TEXT NOT NULL,
    currency   TEXT NOT NULL,
    private    INTEGER NOT NULL,
    UNIQUE (network, offer, partner, advertiser, goal, currency, private)
);

CREATE TABLE goals (
    network TEXT NOT NULL,
    offer   TEXT NOT NULL,
    goal    TEXT NOT NULL,
    name    TEXT NOT NULL,
    slug    TEXT NOT NULL,
    title   TEXT NOT NULL,
    PRIMARY KEY (network, offer, goal)
) WITHOUT ROWID;

CREATE TABLE zones (
    network TEXT NOT NULL,
    since   INTEGER NOT NULL,
    zone    TEXT NOT NULL,
    PRIMARY KEY (network, since)
) WITHOUT ROWID;

CREATE TABLE terms (
    hash BLOB PRIMARY KEY,
    body BLOB NOT NULL
) WITHOUT ROWID;

CREATE TABLE clicks (
    day          INTEGER NOT NULL,
    id           BLOB    NOT NULL,
    at           INTEGER NOT NULL,
    cell         INTEGER NOT NULL,
    uniq         INTEGER NOT NULL,
    source       TEXT    NOT NULL,
    ref          TEXT    NOT NULL,
    imp_id       TEXT    NOT NULL,
    aimp_id      TEXT    NOT NULL,
    country      TEXT    NOT NULL,
    device       TEXT    NOT NULL,
    os           TEXT    NOT NULL,
    subs         TEXT    NOT NULL,
    sub_overflow INTEGER NOT NULL,
    ip           TEXT    NOT NULL,
    user_agent   TEXT    NOT NULL,
    referrer     TEXT    NOT NULL,
    PRIMARY KEY (day, id)
) WITHOUT ROWID;

CREATE TABLE impressions (
    day          INTEGER NOT NULL,
    id           BLOB    NOT NULL,
    at           INTEGER NOT NULL,
    cell         INTEGER NOT NULL,
    source       TEXT    NOT NULL,
    ref          TEXT    NOT NULL,
    imp_id       TEXT    NOT NULL,
    country      TEXT    NOT NULL,
    device       TEXT    NOT NULL,
    os           TEXT    NOT NULL,
    subs         TEXT    NOT NULL,
    sub_overflow INTEGER NOT NULL,
    ip           TEXT    NOT NULL,
    user_agent   TEXT    NOT NULL,
    referrer     TEXT    NOT NULL,
    PRIMARY KEY (day, id)
) WITHOUT ROWID;

CREATE TABLE uniques (
    day     INTEGER NOT NULL,
    visitor INTEGER NOT NULL,
    PRIMARY KEY (day, visitor)
) WITHOUT ROWID;

CREATE TABLE sessions (
    id        TEXT PRIMARY KEY,
    closed_at INTEGER NOT NULL,
    closed_by TEXT    NOT NULL
) WITHOUT ROWID;

CREATE TABLE conversions (
    id            TEXT PRIMARY KEY,
    at            INTEGER NOT NULL,
    day           INTEGER NOT NULL,
    cell          INTEGER NOT NULL,
    status        INTEGER NOT NULL,
    reason        TEXT    NOT NULL,
    click_id      TEXT    NOT NULL,
    aimp_id       TEXT    NOT NULL,
    session_at    INTEGER NOT NULL,
    click_missing INTEGER NOT NULL,
    order_id      TEXT    NOT NULL,
    goal_raw      TEXT    NOT NULL,
    amount        INTEGER,
    payout        INTEGER NOT NULL,
    revenue       INTEGER NOT NULL,
    payout_rule   TEXT    NOT NULL,
    revenue_rule  TEXT    NOT NULL,
    config        TEXT    NOT NULL,
    via           INTEGER NOT NULL,
    said          INTEGER NOT NULL,
    hold_until    INTEGER NOT NULL,
    source        TEXT    NOT NULL,
    ref           TEXT    NOT NULL,
    imp_id        TEXT    NOT NULL,
    country       TEXT    NOT NULL,
    device        TEXT    NOT NULL,
    subs          TEXT    NOT NULL,
    extras        TEXT    NOT NULL,
    history       TEXT    NOT NULL,
    terms         BLOB    NOT NULL,
    order_key     BLOB,
    session_key   BLOB,
    updated_at    INTEGER NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX conversions_order_key ON conversions (order_key) WHERE order_key IS NOT NULL;
CREATE UNIQUE INDEX conversions_session_key ON conversions (session_key) WHERE session_key IS NOT NULL;
CREATE INDEX conversions_hold ON conversions (hold_until, id) WHERE hold_until > 0;

CREATE TABLE repeats (
    repeat BLOB PRIMARY KEY,
    at     INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE parked (
    id       TEXT PRIMARY KEY,
    session  TEXT    NOT NULL,
    deadline INTEGER NOT NULL,
    place    INTEGER NOT NULL,
    boot     BLOB    NOT NULL,
    sequence INTEGER NOT NULL,
    entry    INTEGER NOT NULL,
    reply    TEXT    NOT NULL,
    terms    BLOB    NOT NULL,
    postback BLOB    NOT NULL
) WITHOUT ROWID;

CREATE TABLE postbacks (
    id            TEXT PRIMARY KEY,
    network       TEXT    NOT NULL,
    at            INTEGER NOT NULL,
    verdict       TEXT    NOT NULL,
    reason        TEXT    NOT NULL,
    goal_raw      TEXT    NOT NULL,
    goal          TEXT    NOT NULL,
    click_id      TEXT    NOT NULL,
    aimp_id       TEXT    NOT NULL,
    offer         TEXT    NOT NULL,
    partner       TEXT    NOT NULL,
    conversion    TEXT    NOT NULL,
    order_id      TEXT    NOT NULL,
    payout        INTEGER NOT NULL,
    revenue       INTEGER NOT NULL,
    currency      TEXT    NOT NULL,
    config        TEXT    NOT NULL,
    via           INTEGER NOT NULL,
    test          INTEGER NOT NULL,
    click_missing INTEGER NOT NULL,
    source_ip     TEXT    NOT NULL,
    delay_seconds INTEGER,
    http_status   INTEGER NOT NULL,
    params        TEXT    NOT NULL
) WITHOUT ROWID;

CREATE TABLE rollup_quarter (
    bucket           INTEGER NOT NULL,
    cell             INTEGER NOT NULL,
    clicks           INTEGER NOT NULL,
    unique_clicks    INTEGER NOT NULL,
    goal_clicks      INTEGER NOT NULL,
    impressions      INTEGER NOT NULL,
    click_payout     INTEGER NOT NULL,
    click_revenue    INTEGER NOT NULL,
    imp_payout_nano  INTEGER NOT NULL,
    imp_revenue_nano INTEGER NOT NULL,
    approved         INTEGER NOT NULL,
    pending          INTEGER NOT NULL,
    hold             INTEGER NOT NULL,
    rejected         INTEGER NOT NULL,
    approved_payout  INTEGER NOT NULL,
    pending_payout   INTEGER NOT NULL,
    hold_payout      INTEGER NOT NULL,
    rejected_payout  INTEGER NOT NULL,
    approved_revenue INTEGER NOT NULL,
    pending_revenue  INTEGER NOT NULL,
    hold_revenue     INTEGER NOT NULL,
    rejected_revenue INTEGER NOT NULL,
    PRIMARY KEY (bucket, cell)
) WITHOUT ROWID;

CREATE TABLE rollup_day (
    bucket           INTEGER NOT NULL,
    cell             INTEGER NOT NULL,
    clicks           INTEGER NOT NULL,
    unique_clicks    INTEGER NOT NULL,
    goal_clicks      INTEGER NOT NULL,
    impressions      INTEGER NOT NULL,
    click_payout     INTEGER NOT NULL,
    click_revenue    INTEGER NOT NULL,
    imp_payout_nano  INTEGER NOT NULL,
    imp_revenue_nano INTEGER NOT NULL,
    approved         INTEGER NOT NULL,
    pending          INTEGER NOT NULL,
    hold             INTEGER NOT NULL,
    rejected         INTEGER NOT NULL,
    approved_payout  INTEGER NOT NULL,
    pending_payout   INTEGER NOT NULL,
    hold_payout      INTEGER NOT NULL,
    rejected_payout  INTEGER NOT NULL,
    approved_revenue INTEGER NOT NULL,
    pending_revenue  INTEGER NOT NULL,
    hold_revenue     INTEGER NOT NULL,
    rejected_revenue INTEGER NOT NULL,
    PRIMARY KEY (bucket, cell)
) WITHOUT ROWID;

CREATE TABLE caps (
    network    TEXT    NOT NULL,
    offer      TEXT    NOT NULL,
    cap        TEXT    NOT NULL,
    definition TEXT    NOT NULL,
    partner    TEXT    NOT NULL,
    starts     INTEGER NOT NULL,
    ends       INTEGER NOT NULL,
    used       INTEGER NOT NULL,
    PRIMARY KEY (network, offer, cap, definition, partner, starts)
) WITHOUT ROWID;

CREATE TABLE deliveries (
    id          TEXT PRIMARY KEY,
    network     TEXT    NOT NULL,
    kind        TEXT    NOT NULL,
    event       TEXT    NOT NULL,
    transition  INTEGER NOT NULL,
    name        TEXT    NOT NULL,
    offer       TEXT    NOT NULL,
    partner     TEXT    NOT NULL,
    advertiser  TEXT    NOT NULL,
    goal        TEXT    NOT NULL,
    status      TEXT    NOT NULL,
    click_id    TEXT    NOT NULL,
    needs_click INTEGER NOT NULL,
    url         TEXT    NOT NULL,
    macros      TEXT    NOT NULL,
    created_at  INTEGER NOT NULL,
    state       TEXT    NOT NULL,
    due_at      INTEGER NOT NULL,
    attempts    INTEGER NOT NULL DEFAULT 0,
    tried_at    INTEGER NOT NULL DEFAULT 0,
    http_status INTEGER NOT NULL DEFAULT 0,
    error       TEXT    NOT NULL DEFAULT '',
    response    TEXT    NOT NULL DEFAULT ''
) WITHOUT ROWID;
CREATE INDEX deliveries_due ON deliveries (due_at, id) WHERE state = 'waiting';
