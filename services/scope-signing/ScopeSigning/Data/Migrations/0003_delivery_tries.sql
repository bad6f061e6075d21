-- A message that a provider did not take waits here for its next try, not in a consumer's memory. The columns stay empty until the
-- first failure, so a build that does not know them goes on.
ALTER TABLE deliveries
    -- Tries that failed.
    ADD COLUMN tries       integer NOT NULL DEFAULT 0,
    -- Null while an order is on its way, and once the message is given up.
    ADD COLUMN next_try_at timestamptz,
    -- The queue that the next order goes to.
    ADD COLUMN queue       text;

CREATE INDEX deliveries_next_try_at ON deliveries (next_try_at) WHERE next_try_at IS NOT NULL;
