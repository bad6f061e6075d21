-- Events on their way out (Messaging/Outbox.cs). A row is pending until published_at is set; while it is parked, the relay leaves
-- its aggregate alone until parked_until.
CREATE TABLE outbox (
    id             bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY, -- order within an aggregate
    message_id     uuid        NOT NULL,
    aggregate      text        NOT NULL,
    type           text        NOT NULL, -- full name of the event's type
    body           json        NOT NULL, -- json, not jsonb: kept as written, never searched
    correlation_id text,
    traceparent    text,
    created_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    published_at   timestamptz,
    attempts       integer     NOT NULL DEFAULT 0,
    parked_until   timestamptz,
    parked_because text
);

-- What is next to publish.
CREATE INDEX outbox_ready ON outbox (id) WHERE published_at IS NULL AND parked_until IS NULL;
-- What has to be tried again.
CREATE INDEX outbox_parked ON outbox (parked_until, id) WHERE published_at IS NULL AND parked_until IS NOT NULL;
-- Whether something of the same aggregate comes first.
CREATE INDEX outbox_pending ON outbox (aggregate, id) WHERE published_at IS NULL;
-- What can be deleted.
CREATE INDEX outbox_published ON outbox (published_at) WHERE published_at IS NOT NULL;

-- Rows live for an hour and are updated once: vacuum by count, not by share of a table that a backlog has made large.
ALTER TABLE outbox SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 5000);
