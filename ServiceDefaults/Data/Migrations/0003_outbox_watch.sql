-- Until when a relay looks at the outbox at short intervals by itself, so that nobody needs to wake it (Messaging/Outbox.cs).
CREATE TABLE outbox_watch (awake_until timestamptz NOT NULL);
INSERT INTO outbox_watch VALUES ('-infinity');
-- One row, and it stays one.
CREATE UNIQUE INDEX outbox_watch_one_row ON outbox_watch ((true));
