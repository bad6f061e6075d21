-- Nonces of tokens with a time too: Redis may forget them, and then a token that was used must not do its work a second time.
ALTER TABLE nonces ADD COLUMN expires_at timestamptz;

CREATE INDEX nonces_expires_at ON nonces (expires_at) WHERE expires_at IS NOT NULL;
