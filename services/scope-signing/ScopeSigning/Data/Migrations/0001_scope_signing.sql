-- A person's key. The row stays after the revocation, without anything but the name, so that the key never comes back.
CREATE TABLE keys (
    sub          text PRIMARY KEY CHECK (length(sub) = 43),
    state        text NOT NULL CHECK (state IN ('registered', 'revoked')),
    since        timestamptz NOT NULL,
    revoked_at   timestamptz,
    -- Sealed.
    devtoken     bytea,
    pk           text,
    -- SHA-256 of the revocation secret.
    secret_hash  bytea NOT NULL,
    -- Keyed hashes of the bound values; the values themselves are not kept.
    email_hmac   bytea,
    phone_hmac   bytea,
    pair_hmac    bytea,
    -- Of the newest update that was accepted: an older one cannot bring a device token back.
    last_iat     bigint,
    CHECK (state = 'registered' OR (devtoken IS NULL AND pk IS NULL AND email_hmac IS NULL AND phone_hmac IS NULL AND pair_hmac IS NULL))
);

-- One live key per e-mail and phone pair.
CREATE UNIQUE INDEX keys_pair ON keys (pair_hmac) WHERE pair_hmac IS NOT NULL;

-- Values that a key has proven, whether bound or not.
CREATE TABLE verified_values (
    sub          text NOT NULL REFERENCES keys (sub) ON DELETE CASCADE,
    scope        text NOT NULL,
    value_hmac   bytea NOT NULL,
    verified_at  timestamptz NOT NULL,
    PRIMARY KEY (sub, scope, value_hmac)
);

-- Nonces of tokens without a time: they work once, ever.
CREATE TABLE nonces (
    sub          text NOT NULL REFERENCES keys (sub) ON DELETE CASCADE,
    nonce        bytea NOT NULL,
    taken_at     timestamptz NOT NULL,
    PRIMARY KEY (sub, nonce)
);

CREATE TABLE jobs (
    -- Names the job inside and in events; it opens nothing.
    id           uuid PRIMARY KEY,
    -- SHA-256 of the id that the client holds, which is not stored.
    id_hash      bytea NOT NULL UNIQUE,
    sub          text NOT NULL REFERENCES keys (sub) ON DELETE CASCADE,
    scope        text NOT NULL CHECK (scope IN ('email', 'phone', 'address')),
    channel      text NOT NULL,
    signer       text NOT NULL CHECK (signer IN ('built-in', 'authority')),
    test         boolean NOT NULL,
    state        text NOT NULL CHECK (state IN ('waiting', 'confirmed', 'ready')),
    -- Sealed.
    value        bytea NOT NULL,
    value_hmac   bytea NOT NULL,
    code_hmac    bytea NOT NULL,
    link_hmac    bytea,
    attempts     integer NOT NULL DEFAULT 0,
    created_at   timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL,
    -- Sealed; the signed token.
    token        bytea,
    token_exp    bigint,
    CHECK ((state = 'ready') = (token IS NOT NULL))
);

-- Only the newest code works.
CREATE UNIQUE INDEX jobs_waiting ON jobs (sub, scope, value_hmac, test) WHERE state = 'waiting';
CREATE INDEX jobs_sub ON jobs (sub);
CREATE INDEX jobs_expires_at ON jobs (expires_at);

-- Open revocations without the secret: one per pair.
CREATE TABLE revocations (
    pair_hmac    bytea PRIMARY KEY,
    sub          text NOT NULL REFERENCES keys (sub) ON DELETE CASCADE,
    code_hmac    bytea NOT NULL,
    attempts     integer NOT NULL DEFAULT 0,
    expires_at   timestamptz NOT NULL
);

CREATE INDEX revocations_sub ON revocations (sub);

-- Messages on their way. The row is the message: it goes when the message is handed over, out of date or no longer wanted.
CREATE TABLE deliveries (
    id           uuid PRIMARY KEY,
    sub          text NOT NULL REFERENCES keys (sub) ON DELETE CASCADE,
    job          uuid REFERENCES jobs (id) ON DELETE CASCADE,
    revocation   bytea REFERENCES revocations (pair_hmac) ON DELETE CASCADE,
    -- Sealed.
    content      bytea NOT NULL,
    expires_at   timestamptz NOT NULL
);

CREATE INDEX deliveries_sub ON deliveries (sub);
CREATE INDEX deliveries_job ON deliveries (job);
CREATE INDEX deliveries_revocation ON deliveries (revocation);
CREATE INDEX deliveries_expires_at ON deliveries (expires_at);

CREATE TABLE issuer_keys (
    -- RFC 7638 thumbprint.
    kid          text PRIMARY KEY,
    test         boolean NOT NULL,
    state        text NOT NULL CHECK (state IN ('next', 'active', 'retired')),
    public_key   bytea NOT NULL,
    -- Sealed seed.
    private_key  bytea NOT NULL,
    created_at   timestamptz NOT NULL,
    activated_at timestamptz,
    -- Once retired: when its last token has been dead for a day.
    remove_at    timestamptz
);

CREATE UNIQUE INDEX issuer_keys_active ON issuer_keys (test) WHERE state = 'active';
CREATE UNIQUE INDEX issuer_keys_next ON issuer_keys (test) WHERE state = 'next';
