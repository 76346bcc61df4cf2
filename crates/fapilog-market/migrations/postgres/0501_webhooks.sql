-- Addresses that are told what happens. The secret has to be computed with, so it is kept as it is.
CREATE TABLE webhooks (
    id              TEXT   NOT NULL PRIMARY KEY,
    owner_kind      TEXT   NOT NULL CHECK (owner_kind IN ('project', 'organisation')),
    owner           TEXT   NOT NULL,
    address         TEXT   NOT NULL,
    secret          TEXT   NOT NULL,
    -- Words with a space before and after each.
    topics          TEXT   NOT NULL,
    is_active       BIGINT NOT NULL DEFAULT 1,
    -- Deliveries in a row that failed for good.
    failures        BIGINT NOT NULL DEFAULT 0,
    created_us      BIGINT NOT NULL,
    created_by      TEXT   NOT NULL
);

CREATE INDEX webhooks_of_owner ON webhooks (owner_kind, owner);

CREATE TABLE webhook_deliveries (
    id         TEXT   NOT NULL PRIMARY KEY,
    webhook_id TEXT   NOT NULL REFERENCES webhooks (id) ON DELETE CASCADE,
    -- What is told of, a row of release_events; empty for a test.
    event_id   TEXT   NOT NULL,
    event      TEXT   NOT NULL,
    state      TEXT   NOT NULL CHECK (state IN ('waiting', 'delivered', 'failed')),
    attempts   BIGINT NOT NULL DEFAULT 0,
    -- Of the last attempt.
    status     BIGINT,
    error      TEXT   NOT NULL DEFAULT '',
    took_ms    BIGINT,
    tried_us   BIGINT,
    created_us BIGINT NOT NULL
);

CREATE INDEX webhook_deliveries_of_webhook ON webhook_deliveries (webhook_id, created_us);
CREATE INDEX webhook_deliveries_of_event ON webhook_deliveries (event_id);
