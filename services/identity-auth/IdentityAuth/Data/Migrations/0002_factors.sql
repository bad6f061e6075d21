-- Second factors, passkeys, links to single sign-on, and the keys of access tokens. Which factors are active stands in
-- users.authenticators, written in the same transactions.

CREATE TABLE totp_secrets (
    user_id    bigint      PRIMARY KEY REFERENCES users ON DELETE CASCADE,
    secret     bytea       NOT NULL, -- sealed
    last_step  bigint      NOT NULL, -- the last time step whose code was accepted; moved by the statement that accepts one
    created_at timestamptz NOT NULL
);

CREATE TABLE backup_codes (
    user_id     bigint      NOT NULL REFERENCES users ON DELETE CASCADE,
    position    smallint    NOT NULL,
    code        bytea       NOT NULL, -- sealed: the owner can have them shown again
    code_hash   bytea       NOT NULL, -- keyed hash, to find one
    consumed_at timestamptz,
    PRIMARY KEY (user_id, position),
    UNIQUE (user_id, code_hash)
);

CREATE TABLE webauthn_credentials (
    id              bytea       PRIMARY KEY, -- chosen by the authenticator; no two accounts have the same
    user_id         bigint      NOT NULL REFERENCES users ON DELETE CASCADE,
    name            text        NOT NULL,
    public_key      bytea       NOT NULL, -- COSE_Key
    sign_count      bigint      NOT NULL, -- 0 from authenticators that do not count
    backup_eligible boolean     NOT NULL,
    transports      text[]      NOT NULL,
    created_at      timestamptz NOT NULL,
    last_used_at    timestamptz
);

CREATE INDEX webauthn_credentials_user ON webauthn_credentials (user_id);

CREATE TABLE sso_links (
    issuer     text        NOT NULL,
    subject    text        NOT NULL, -- claim sub: who somebody is at that issuer
    user_id    bigint      NOT NULL REFERENCES users ON DELETE CASCADE,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (issuer, subject)
);

CREATE INDEX sso_links_user ON sso_links (user_id);

CREATE TABLE signing_keys (
    kid          text        PRIMARY KEY, -- JWK thumbprint (RFC 7638)
    state        text        NOT NULL CHECK (state IN ('next', 'active', 'retired')),
    x            text        NOT NULL, -- public key, base64url
    y            text        NOT NULL,
    private_key  bytea       NOT NULL, -- PKCS #8, sealed
    created_at   timestamptz NOT NULL,
    activated_at timestamptz,
    remove_at    timestamptz           -- retired keys only
);

-- One key signs, one is announced.
CREATE UNIQUE INDEX signing_keys_state ON signing_keys (state) WHERE state <> 'retired';
