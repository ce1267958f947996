-- The tables of the ledger, PostgreSQL. What they mean is in SCHEMA.md.
-- Times are microseconds since 1970 UTC unless a column says otherwise; money is
-- in millionths. Days count from 1970-01-01.

-- +goose Up
CREATE TABLE ledger (
    one           bigint PRIMARY KEY CHECK (one = 1),
    position      bigint NOT NULL,
    tick_at       bigint NOT NULL,
    rebuild_until bigint NOT NULL
);
INSERT INTO ledger (one, position, tick_at, rebuild_until) VALUES (1, 0, 0, 0);

CREATE TABLE boots (
    boot     bytea PRIMARY KEY,
    writer   text COLLATE "C" NOT NULL,
    sequence bigint NOT NULL,
    seen_at  bigint NOT NULL
);

CREATE TABLE cells (
    id         bigint PRIMARY KEY,
    network    text COLLATE "C" NOT NULL,
    offer      text COLLATE "C" NOT NULL,
    partner    text COLLATE "C" NOT NULL,
    advertiser text COLLATE "C" NOT NULL,
    goal       text COLLATE "C" NOT NULL,
    currency   text COLLATE "C" NOT NULL,
    private    bigint NOT NULL,
    UNIQUE (network, offer, partner, advertiser, goal, currency, private)
);

CREATE TABLE goals (
    network text COLLATE "C" NOT NULL,
    offer   text COLLATE "C" NOT NULL,
    goal    text COLLATE "C" NOT NULL,
    name    text COLLATE "C" NOT NULL,
    slug    text COLLATE "C" NOT NULL,
    title   text COLLATE "C" NOT NULL,
    PRIMARY KEY (network, offer, goal)
);

CREATE TABLE zones (
    network text COLLATE "C" NOT NULL,
    since   bigint NOT NULL,
    zone    text COLLATE "C" NOT NULL,
    PRIMARY KEY (network, since)
);

CREATE TABLE terms (
    hash bytea PRIMARY KEY,
    body bytea NOT NULL
);

CREATE TABLE clicks (
    day          bigint NOT NULL,
    id           bytea NOT NULL,
    at           bigint NOT NULL,
    cell         bigint NOT NULL,
    uniq         bigint NOT NULL,
    source       text COLLATE "C" NOT NULL,
    ref          text COLLATE "C" NOT NULL,
    imp_id       text COLLATE "C" NOT NULL,
    aimp_id      text COLLATE "C" NOT NULL,
    country      text COLLATE "C" NOT NULL,
    device       text COLLATE "C" NOT NULL,
    os           text COLLATE "C" NOT NULL,
    subs         text COLLATE "C" NOT NULL,
    sub_overflow bigint NOT NULL,
    ip           text COLLATE "C" NOT NULL,
    user_agent   text COLLATE "C" NOT NULL,
    referrer     text COLLATE "C" NOT NULL,
    PRIMARY KEY (day, id)
) PARTITION BY RANGE (day);

CREATE TABLE impressions (
    day          bigint NOT NULL,
    id           bytea NOT NULL,
    at           bigint NOT NULL,
    cell         bigint NOT NULL,
    source       text COLLATE "C" NOT NULL,
    ref          text COLLATE "C" NOT NULL,
    imp_id       text COLLATE "C" NOT NULL,
    country      text COLLATE "C" NOT NULL,
    device       text COLLATE "C" NOT NULL,
    os           text COLLATE "C" NOT NULL,
    subs         text COLLATE "C" NOT NULL,
    sub_overflow bigint NOT NULL,
    ip           text COLLATE "C" NOT NULL,
    user_agent   text COLLATE "C" NOT NULL,
    referrer     text COLLATE "C" NOT NULL,
    PRIMARY KEY (day, id)
) PARTITION BY RANGE (day);

CREATE TABLE uniques (
    day     bigint NOT NULL,
    visitor bigint NOT NULL,
    PRIMARY KEY (day, visitor)
);

CREATE TABLE sessions (
    id        text COLLATE "C" PRIMARY KEY,
    closed_at bigint NOT NULL,
    closed_by text COLLATE "C" NOT NULL
);

CREATE TABLE conversions (
    id            text COLLATE "C" PRIMARY KEY,
    at            bigint NOT NULL,
    day           bigint NOT NULL,
    cell          bigint NOT NULL,
    status        bigint NOT NULL,
    reason        text COLLATE "C" NOT NULL,
    click_id      text COLLATE "C" NOT NULL,
    aimp_id       text COLLATE "C" NOT NULL,
    session_at    bigint NOT NULL,
    click_missing bigint NOT NULL,
    order_id      text COLLATE "C" NOT NULL,
    goal_raw      text COLLATE "C" NOT NULL,
    amount        bigint,
    payout        bigint NOT NULL,
    revenue       bigint NOT NULL,
    payout_rule   text COLLATE "C" NOT NULL,
    revenue_rule  text COLLATE "C" NOT NULL,
    config        text COLLATE "C" NOT NULL,
    via           bigint NOT NULL,
    said          bigint NOT NULL,
    hold_until    bigint NOT NULL,
    source        text COLLATE "C" NOT NULL,
    ref           text COLLATE "C" NOT NULL,
    imp_id        text COLLATE "C" NOT NULL,
    country       text COLLATE "C" NOT NULL,
    device        text COLLATE "C" NOT NULL,
    subs          text COLLATE "C" NOT NULL,
    extras        text COLLATE "C" NOT NULL,
    history       text COLLATE "C" NOT NULL,
    terms         bytea NOT NULL,
    order_key     bytea,
    session_key   bytea,
    updated_at    bigint NOT NULL
);
CREATE UNIQUE INDEX conversions_order_key ON conversions (order_key) WHERE order_key IS NOT NULL;
CREATE UNIQUE INDEX conversions_session_key ON conversions (session_key) WHERE session_key IS NOT NULL;
CREATE INDEX conversions_hold ON conversions (hold_until, id) WHERE hold_until > 0;

CREATE TABLE repeats (
    repeat bytea PRIMARY KEY,
    at     bigint NOT NULL
);

CREATE TABLE parked (
    id       text COLLATE "C" PRIMARY KEY,
    session  text COLLATE "C" NOT NULL,
    deadline bigint NOT NULL,
    place    bigint NOT NULL,
    boot     bytea NOT NULL,
    sequence bigint NOT NULL,
    entry    bigint NOT NULL,
    reply    text COLLATE "C" NOT NULL,
    terms    bytea NOT NULL,
    postback bytea NOT NULL
);

CREATE TABLE postbacks (
    id            text COLLATE "C" PRIMARY KEY,
    network       text COLLATE "C" NOT NULL,
    at            bigint NOT NULL,
    verdict       text COLLATE "C" NOT NULL,
    reason        text COLLATE "C" NOT NULL,
    goal_raw      text COLLATE "C" NOT NULL,
    goal          text COLLATE "C" NOT NULL,
    click_id      text COLLATE "C" NOT NULL,
    aimp_id       text COLLATE "C" NOT NULL,
    offer         text COLLATE "C" NOT NULL,
    partner       text COLLATE "C" NOT NULL,
    conversion    text COLLATE "C" NOT NULL,
    order_id      text COLLATE "C" NOT NULL,
    payout        bigint NOT NULL,
    revenue       bigint NOT NULL,
    currency      text COLLATE "C" NOT NULL,
    config        text COLLATE "C" NOT NULL,
    via           bigint NOT NULL,
    test          bigint NOT NULL,
    click_missing bigint NOT NULL,
    source_ip     text COLLATE "C" NOT NULL,
    delay_seconds bigint,
    http_status   bigint NOT NULL,
    params        text COLLATE "C" NOT NULL
);

CREATE TABLE rollup_quarter (
    bucket           bigint NOT NULL,
    cell             bigint NOT NULL,
    clicks           bigint NOT NULL,
    unique_clicks    bigint NOT NULL,
    goal_clicks      bigint NOT NULL,
    impressions      bigint NOT NULL,
    click_payout     bigint NOT NULL,
    click_revenue    bigint NOT NULL,
    imp_payout_nano  bigint NOT NULL,
    imp_revenue_nano bigint NOT NULL,
    approved         bigint NOT NULL,
    pending          bigint NOT NULL,
    hold             bigint NOT NULL,
    rejected         bigint NOT NULL,
    approved_payout  bigint NOT NULL,
    pending_payout   bigint NOT NULL,
    hold_payout      bigint NOT NULL,
    rejected_payout  bigint NOT NULL,
    approved_revenue bigint NOT NULL,
    pending_revenue  bigint NOT NULL,
    hold_revenue     bigint NOT NULL,
    rejected_revenue bigint NOT NULL,
    PRIMARY KEY (bucket, cell)
) WITH (fillfactor = 60);

CREATE TABLE rollup_day (
    bucket           bigint NOT NULL,
    cell             bigint NOT NULL,
    clicks           bigint NOT NULL,
    unique_clicks    bigint NOT NULL,
    goal_clicks      bigint NOT NULL,
    impressions      bigint NOT NULL,
    click_payout     bigint NOT NULL,
    click_revenue    bigint NOT NULL,
    imp_payout_nano  bigint NOT NULL,
    imp_revenue_nano bigint NOT NULL,
    approved         bigint NOT NULL,
    pending          bigint NOT NULL,
    hold             bigint NOT NULL,
    rejected         bigint NOT NULL,
    approved_payout  bigint NOT NULL,
    pending_payout   bigint NOT NULL,
    hold_payout      bigint NOT NULL,
    rejected_payout  bigint NOT NULL,
    approved_revenue bigint NOT NULL,
    pending_revenue  bigint NOT NULL,
    hold_revenue     bigint NOT NULL,
    rejected_revenue bigint NOT NULL,
    PRIMARY KEY (bucket, cell)
) WITH (fillfactor = 60);

CREATE TABLE caps (
    network    text COLLATE "C" NOT NULL,
    offer      text COLLATE "C" NOT NULL,
    cap        text COLLATE "C" NOT NULL,
    definition text COLLATE "C" NOT NULL,
    partner    text COLLATE "C" NOT NULL,
    starts     bigint NOT NULL,
    ends       bigint NOT NULL,
    used       bigint NOT NULL,
    PRIMARY KEY (network, offer, cap, definition, partner, starts)
);

CREATE TABLE deliveries (
    id          text COLLATE "C" PRIMARY KEY,
    network     text COLLATE "C" NOT NULL,
    kind        text COLLATE "C" NOT NULL,
    event       text COLLATE "C" NOT NULL,
    transition  bigint NOT NULL,
    name        text COLLATE "C" NOT NULL,
    offer       text COLLATE "C" NOT NULL,
    partner     text COLLATE "C" NOT NULL,
    advertiser  text COLLATE "C" NOT NULL,
    goal        text COLLATE "C" NOT NULL,
    status      text COLLATE "C" NOT NULL,
    click_id    text COLLATE "C" NOT NULL,
    needs_click bigint NOT NULL,
    url         text COLLATE "C" NOT NULL,
    macros      text COLLATE "C" NOT NULL,
    created_at  bigint NOT NULL,
    state       text COLLATE "C" NOT NULL,
    due_at      bigint NOT NULL,
    attempts    bigint NOT NULL DEFAULT 0,
    tried_at    bigint NOT NULL DEFAULT 0,
    http_status bigint NOT NULL DEFAULT 0,
    error       text COLLATE "C" NOT NULL DEFAULT '',
    response    text COLLATE "C" NOT NULL DEFAULT ''
);
CREATE INDEX deliveries_due ON deliveries (due_at, id) WHERE state = 'waiting';
