-- Whoever may call /tenants/v1: only the hash of the key is here.
CREATE TABLE tenant (
    id           uuid        PRIMARY KEY,
    api_key_hash bytea       NOT NULL UNIQUE CHECK (octet_length(api_key_hash) = 32), -- SHA-256 of the key in canonical form
    created_at   timestamptz NOT NULL
);

-- Pairings that ended in a link. The row is the link: a pairing that is here is APPROVED, whatever Redis says or has lost, and its
-- jti is never good again. Rows stay when the device goes.
CREATE TABLE pairing_link (
    issuer    text        NOT NULL, -- who signed the token
    jti       uuid        NOT NULL,
    tenant_id uuid        NOT NULL,
    user_id   uuid        NOT NULL,
    device    uuid        NOT NULL, -- user_device.id at that time
    linked_at timestamptz NOT NULL,
    PRIMARY KEY (issuer, jti)
);

CREATE INDEX pairing_link_jti ON pairing_link (jti);

-- Users that have a phone. No reference to tenant: a realm's tenant comes from the configuration.
CREATE TABLE app_user (
    id        uuid        PRIMARY KEY,
    tenant_id uuid        NOT NULL,
    user_id   uuid        NOT NULL, -- the tenant's name of the user
    linked_at timestamptz NOT NULL,
    CONSTRAINT app_user_once UNIQUE (tenant_id, user_id)
);

CREATE TABLE user_device (
    id                    uuid        PRIMARY KEY,
    app_user              uuid        NOT NULL REFERENCES app_user (id) ON DELETE CASCADE,
    device_id             text        NOT NULL, -- the phone's own name
    display_name          text        NOT NULL,
    platform              text        NOT NULL CHECK (platform IN ('ANDROID', 'IOS')),
    os_version            text,
    model                 text,
    public_key            text        NOT NULL, -- PEM, canonical
    public_key_thumbprint bytea       NOT NULL CHECK (octet_length(public_key_thumbprint) = 32),
    push_token            bytea       NOT NULL, -- sealed (Domain/DataSealer.cs), bound to id
    created_at            timestamptz NOT NULL,
    CONSTRAINT user_device_once UNIQUE (app_user, device_id)
);

-- Who else holds this key?
CREATE INDEX user_device_thumbprint ON user_device (public_key_thumbprint);

-- Health data: goes with the user.
CREATE TABLE reference_measurement (
    app_user    uuid        PRIMARY KEY REFERENCES app_user (id) ON DELETE CASCADE,
    measurement bytea       NOT NULL, -- sealed (Domain/DataSealer.cs), bound to app_user
    created_at  timestamptz NOT NULL
);

-- Realm tokens that a pairing was made from. Here and not in Redis, so that losing Redis does not make one good twice.
CREATE TABLE realm_token_seen (
    issuer       text        NOT NULL,
    jti          uuid        NOT NULL,
    forget_after timestamptz NOT NULL,
    PRIMARY KEY (issuer, jti)
);

CREATE INDEX realm_token_seen_forget ON realm_token_seen (forget_after);
