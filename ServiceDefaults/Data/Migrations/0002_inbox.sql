-- Messages whose effect has happened (Messaging/Inbox.cs).
CREATE TABLE inbox (
    consumer   text        NOT NULL,
    message_id uuid        NOT NULL,
    handled_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (consumer, message_id)
);

CREATE INDEX inbox_handled ON inbox (handled_at);
