-- Groups, their members and devices, and the wrapped copies of each group's end-to-end key. Locking the row in groups orders every change of a
-- group (Data/GroupTransaction.cs).
CREATE TABLE groups (
    id                bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name              text        NOT NULL UNIQUE CHECK (name ~ '^[a-z0-9-]{1,64}$'), -- tokens speak of groups by name
    long_name         text,
    description       text,
    avatar            text,
    url               text,
    subscription_uuid text,
    key_version       bigint      NOT NULL DEFAULT 0, -- 0: there never was a key; never decreases
    key_ready         boolean     NOT NULL DEFAULT false,
    initialized_by    text, -- whose activation or secrets made the key ready
    ever_active       boolean     NOT NULL DEFAULT false, -- since the last reset
    max_devices       integer     NOT NULL DEFAULT 5,
    last_rotated_at   timestamptz,
    change_number     bigint      NOT NULL DEFAULT 0, -- counts what was told to the event streams
    created_at        timestamptz NOT NULL
);

-- Who belongs to a group. A row decides, whatever a token says; where there is none, the token's claims do.
CREATE TABLE group_members (
    id         bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    group_id   bigint      NOT NULL REFERENCES groups,
    identity   text, -- null while only the e-mail address is known
    email      text,
    first_name text,
    last_name  text,
    state      text        NOT NULL CHECK (state IN ('active', 'removed')),
    roles      text[]      NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CHECK (identity IS NOT NULL OR email IS NOT NULL)
);

CREATE UNIQUE INDEX group_members_identity ON group_members (group_id, identity) WHERE identity IS NOT NULL;
CREATE UNIQUE INDEX group_members_invitation ON group_members (group_id, lower(email)) WHERE identity IS NULL;
CREATE INDEX group_members_of ON group_members (identity) WHERE identity IS NOT NULL;

CREATE TABLE devices (
    device_id          uuid        PRIMARY KEY,
    group_id           bigint      NOT NULL REFERENCES groups,
    user_id            text        NOT NULL,
    name               text        NOT NULL,
    type               text        NOT NULL,
    public_key         bytea       NOT NULL, -- SubjectPublicKeyInfo, DER
    public_key_sha256  bytea       NOT NULL,
    status             text        NOT NULL CHECK (status IN ('pending', 'active', 'revoked')),
    was_active         boolean     NOT NULL DEFAULT false, -- since the group's last reset
    wrapped_key        bytea, -- the group's key, encrypted for this device by a client; opaque
    sender_public_key  bytea, -- the key pair that wrapped_key was made with, its public half
    wrapped_key_version bigint     NOT NULL DEFAULT 0, -- 0: none
    acked_key_version  bigint      NOT NULL DEFAULT 0, -- the last version that its owner fetched or activated with
    push_token         bytea, -- sealed
    push_token_mac     bytea, -- finds the same token on another row
    push_platform      text        CHECK (push_platform IN ('ios', 'android')),
    push_reference     text, -- where another service keeps the token instead
    session_id         text, -- on which it was registered
    pairing_reference  text, -- the pairing that it came from
    created_at         timestamptz NOT NULL,
    updated_at         timestamptz NOT NULL,
    last_seen_at       timestamptz
);

CREATE UNIQUE INDEX devices_key ON devices (group_id, public_key_sha256) WHERE status <> 'revoked';
CREATE UNIQUE INDEX devices_push_token ON devices (push_token_mac) WHERE push_token_mac IS NOT NULL;
CREATE INDEX devices_of_group ON devices (group_id, created_at, device_id);
CREATE INDEX devices_of_user ON devices (user_id);
CREATE INDEX devices_pending ON devices (GREATEST(updated_at, last_seen_at)) WHERE status = 'pending';
CREATE INDEX devices_pairing ON devices (pairing_reference) WHERE pairing_reference IS NOT NULL;

CREATE TABLE key_requests (
    request_id         uuid        PRIMARY KEY,
    group_id           bigint      NOT NULL REFERENCES groups,
    device_id          uuid        NOT NULL REFERENCES devices ON DELETE CASCADE,
    public_key         bytea       NOT NULL, -- the device's at the time: a grant is for this key
    status             text        NOT NULL CHECK (status IN ('pending', 'granted', 'rejected', 'expired')),
    created_at         timestamptz NOT NULL,
    expires_at         timestamptz NOT NULL,
    decided_at         timestamptz,
    granting_device_id uuid, -- stays when that device is deleted
    wrapped_key        bytea,
    sender_public_key  bytea,
    key_version        bigint
);

CREATE UNIQUE INDEX key_requests_open ON key_requests (device_id) WHERE status = 'pending';
CREATE INDEX key_requests_of_device ON key_requests (device_id, created_at);
CREATE INDEX key_requests_of_group ON key_requests (group_id, created_at, request_id) WHERE status = 'pending';
CREATE INDEX key_requests_expiring ON key_requests (expires_at) WHERE status = 'pending';

-- One document of each group, encrypted by clients with the group's key; opaque.
CREATE TABLE group_secrets (
    group_id   bigint      PRIMARY KEY REFERENCES groups,
    secret_id  uuid        NOT NULL,
    version    bigint      NOT NULL,
    payload    bytea       NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);

ALTER TABLE group_secrets ALTER COLUMN payload SET STORAGE EXTERNAL; -- ciphertext does not compress

CREATE TABLE rotation_log (
    group_id        bigint      NOT NULL REFERENCES groups,
    key_version     bigint      NOT NULL,
    actor           text        NOT NULL,
    reason          text,
    devices_updated integer     NOT NULL,
    devices_pending integer     NOT NULL,
    rotated_at      timestamptz NOT NULL,
    PRIMARY KEY (group_id, key_version)
);

-- Keys of revoked devices whose row was deleted: they may not come back.
CREATE TABLE revoked_keys (
    group_id          bigint      NOT NULL REFERENCES groups,
    public_key_sha256 bytea       NOT NULL,
    revoked_at        timestamptz NOT NULL,
    PRIMARY KEY (group_id, public_key_sha256)
);

-- Sessions that ended before their tokens did: a token that carries one is refused until it would have expired anyway.
CREATE TABLE revoked_sessions (
    session_id   text        PRIMARY KEY,
    forget_after timestamptz NOT NULL
);
