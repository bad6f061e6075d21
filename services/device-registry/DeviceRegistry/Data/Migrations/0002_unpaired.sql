-- Pairings that had ended before the news of their beginning came: the device must not be made after all. The news travel by different queues.
CREATE TABLE unpaired_devices (
    pairing_reference text        PRIMARY KEY,
    forget_after      timestamptz NOT NULL
);
