-- Accounts, their sessions, and what is on its way to a mailbox. Second factors, passkeys and links to sign-on providers follow in
-- later migrations.

CREATE TABLE users (
    id                  bigint      PRIMARY KEY, -- snowflake
    username            text        NOT NULL,
    discriminator       smallint    NOT NULL CHECK (discriminator BETWEEN 1 AND 9999),
    global_name         text,
    email               text,                    -- as typed
    email_verified      boolean     NOT NULL DEFAULT false,
    email_bounced       boolean     NOT NULL DEFAULT false,
    phone               text,                    -- E.164
    date_of_birth       date,
    locale              text        NOT NULL DEFAULT 'en-US',
    password_hash       text,                    -- PHC string
    password_changed_at timestamptz,
    flags               integer     NOT NULL DEFAULT 0, -- Domain/User.cs, AccountFlags
    public_flags        integer     NOT NULL DEFAULT 0,
    is_bot              boolean     NOT NULL DEFAULT false,
    suspicious_activity integer     NOT NULL DEFAULT 0, -- Domain/User.cs, SuspiciousActivity
    authenticators      integer     NOT NULL DEFAULT 0, -- Domain/User.cs, AuthenticatorTypes
    traits              text[]      NOT NULL DEFAULT '{}',
    settings            jsonb       NOT NULL DEFAULT '{"incoming_call_flags": 1}', -- incoming calls: friends only
    banned_until        timestamptz,
    deletion_at         timestamptz,             -- end of the days of grace
    security_stamp      integer     NOT NULL DEFAULT 0, -- counts what ends every session
    created_at          timestamptz NOT NULL,
    last_active_at      timestamptz NOT NULL,
    last_active_ip      text
);

-- One account per address, whatever its case.
CREATE UNIQUE INDEX users_email ON users (lower(email));
CREATE UNIQUE INDEX users_phone ON users (phone);
CREATE UNIQUE INDEX users_tag ON users (lower(username), discriminator);
CREATE INDEX users_deletion ON users (deletion_at) WHERE deletion_at IS NOT NULL;

CREATE TABLE sessions (
    token_hash   bytea       PRIMARY KEY, -- SHA-256 of the token
    user_id      bigint      NOT NULL REFERENCES users ON DELETE CASCADE,
    method       text        NOT NULL,    -- how somebody came to it
    created_at   timestamptz NOT NULL,
    last_used_at timestamptz NOT NULL,
    ip           text        NOT NULL,
    user_agent   text,
    platform     text,
    collect_by   timestamptz              -- made for a device that has not come for it yet; nobody came by then: revoked
);

CREATE INDEX sessions_user ON sessions (user_id);
CREATE INDEX sessions_last_used ON sessions (last_used_at);
CREATE INDEX sessions_uncollected ON sessions (collect_by) WHERE collect_by IS NOT NULL;

CREATE TABLE authorized_ips (
    user_id    bigint      NOT NULL REFERENCES users ON DELETE CASCADE,
    ip         text        NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, ip)
);

-- Tokens that were mailed. A row is deleted by the statement that uses it.
CREATE TABLE mailed_tokens (
    token_hash bytea       PRIMARY KEY, -- SHA-256 of the token
    kind       text        NOT NULL,    -- verification, reset, revert
    user_id    bigint      NOT NULL REFERENCES users ON DELETE CASCADE,
    email      text        NOT NULL,    -- the address that the token is about
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);

CREATE INDEX mailed_tokens_user ON mailed_tokens (user_id, kind);
CREATE INDEX mailed_tokens_expiry ON mailed_tokens (expires_at);

-- Changes of the address or password that are under way (contract §8.7, §8.8). Codes and proofs are kept as hashes.
CREATE TABLE account_changes (
    ticket_hash   bytea       PRIMARY KEY, -- SHA-256 of the ticket
    kind          text        NOT NULL,    -- email, password
    user_id       bigint      NOT NULL REFERENCES users ON DELETE CASCADE,
    stage         text        NOT NULL,    -- original, new, completed
    proof         bytea,                   -- sealed: what step 2 gave out, given out again when it is repeated
    original_code bytea,                   -- SHA-256 of the code that was mailed last
    original_code_expires_at timestamptz,
    original_sent_at         timestamptz,
    original_failures        smallint NOT NULL DEFAULT 0,
    new_email     text,
    new_code      bytea,
    new_code_expires_at      timestamptz,
    new_sent_at              timestamptz,
    new_failures             smallint NOT NULL DEFAULT 0,
    created_at    timestamptz NOT NULL,
    expires_at    timestamptz NOT NULL
);

CREATE INDEX account_changes_user ON account_changes (user_id);
CREATE INDEX account_changes_expiry ON account_changes (expires_at);

-- The last step of an e-mail change: what PATCH takes.
CREATE TABLE email_tokens (
    token_hash bytea       PRIMARY KEY,
    user_id    bigint      NOT NULL REFERENCES users ON DELETE CASCADE,
    email      text        NOT NULL,
    expires_at timestamptz NOT NULL
);

CREATE INDEX email_tokens_expiry ON email_tokens (expires_at);
CREATE INDEX email_tokens_user ON email_tokens (user_id);

-- Messages on their way: written in the transaction that decides on them, deleted once a provider has taken them. Sealed, because they
-- carry tokens and codes.
CREATE TABLE deliveries (
    id           uuid        PRIMARY KEY,
    channel      text        NOT NULL, -- email, sms
    content      bytea       NOT NULL,
    created_at   timestamptz NOT NULL,
    due_at       timestamptz NOT NULL, -- next try; while one is under way, when another instance may take over
    expires_at   timestamptz NOT NULL,
    attempts     integer     NOT NULL DEFAULT 0
);

CREATE INDEX deliveries_due ON deliveries (due_at);

-- What was done to an account, for whoever has to find out later (contract §10).
CREATE TABLE audit_log (
    id          bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id     bigint,
    action      text        NOT NULL,
    ip          text,
    detail      text,
    occurred_at timestamptz NOT NULL
);

CREATE INDEX audit_log_user ON audit_log (user_id, occurred_at);
