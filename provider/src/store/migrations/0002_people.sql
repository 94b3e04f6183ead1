-- Accounts with all their addresses, staff and their credentials, sessions.

ALTER TABLE accounts ADD COLUMN address_line_1 TEXT;
ALTER TABLE accounts ADD COLUMN address_line_2 TEXT;
ALTER TABLE accounts ADD COLUMN postal_code TEXT;
ALTER TABLE accounts ADD COLUMN city TEXT;
ALTER TABLE accounts ADD COLUMN region TEXT;
ALTER TABLE accounts ADD COLUMN country TEXT;
-- E.164: a plus sign and digits
ALTER TABLE accounts ADD COLUMN mobile TEXT;
-- the name in lower case, to find the account by how it begins
ALTER TABLE accounts ADD COLUMN name_lookup TEXT;
ALTER TABLE accounts ADD COLUMN changed_at BIGINT;
UPDATE accounts SET name_lookup = lower(name), changed_at = made_at;
CREATE INDEX accounts_name ON accounts (provider_id, name_lookup, number);
CREATE INDEX accounts_mobile ON accounts (provider_id, mobile);

-- One request to sign in: a link and a code, good in the browser that asked. Without an account:
-- somebody asked for one that does not exist.
DROP TABLE sign_in_tokens;
CREATE TABLE sign_in_requests (
    token_hash BYTEA NOT NULL PRIMARY KEY,
    provider_id TEXT NOT NULL REFERENCES providers (id),
    -- SHA-256 of what the asking browser keeps
    browser_hash BYTEA NOT NULL,
    -- HMAC under the key file: eight digits would not hide behind a plain hash
    code_lookup BYTEA NOT NULL,
    account_id BYTEA,
    wrong_codes BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT,
    FOREIGN KEY (provider_id, account_id) REFERENCES accounts (provider_id, id)
);
CREATE INDEX sign_in_requests_browser ON sign_in_requests (browser_hash);
CREATE INDEX sign_in_requests_expiry ON sign_in_requests (expires_at);

CREATE TABLE staff (
    id BYTEA NOT NULL,
    provider_id TEXT NOT NULL REFERENCES providers (id),
    name TEXT NOT NULL,
    email TEXT NOT NULL,
    -- the address in lower case: what one signs in with
    email_lookup TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('support', 'operator', 'admin', 'auditor')),
    -- argon2id, PHC string
    password_hash TEXT,
    sealed_totp BYTEA,
    -- the youngest time step of which a code was used: no code works twice (RFC 6238, 5.2)
    totp_step BIGINT,
    -- when the provider's own issuer last vouched for this person
    vouched_at BIGINT,
    made_at BIGINT NOT NULL,
    disabled_at BIGINT,
    PRIMARY KEY (provider_id, id),
    UNIQUE (provider_id, email_lookup)
);

-- A link by which a member of staff sets up how to sign in.
CREATE TABLE staff_invitations (
    token_hash BYTEA NOT NULL PRIMARY KEY,
    provider_id TEXT NOT NULL,
    staff_id BYTEA NOT NULL,
    -- the authenticator's secret that the invitation offers
    sealed_totp BYTEA NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT,
    FOREIGN KEY (provider_id, staff_id) REFERENCES staff (provider_id, id)
);
CREATE INDEX staff_invitations_staff ON staff_invitations (provider_id, staff_id);
CREATE INDEX staff_invitations_expiry ON staff_invitations (expires_at);

-- Signed-in browsers of customers and of staff. The token is renewed now and then; the one before
-- is good until its successor has been seen, and a moment longer.
DROP TABLE sessions;
CREATE TABLE sessions (
    id BYTEA NOT NULL PRIMARY KEY,
    provider_id TEXT NOT NULL REFERENCES providers (id),
    account_id BYTEA,
    staff_id BYTEA,
    token_hash BYTEA NOT NULL,
    previous_hash BYTEA,
    previous_until BIGINT,
    made_at BIGINT NOT NULL,
    rotated_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    -- where it began, and with what browser
    client TEXT,
    agent TEXT,
    FOREIGN KEY (provider_id, account_id) REFERENCES accounts (provider_id, id),
    FOREIGN KEY (provider_id, staff_id) REFERENCES staff (provider_id, id),
    CHECK ((account_id IS NULL) <> (staff_id IS NULL))
);
CREATE UNIQUE INDEX sessions_token ON sessions (token_hash);
CREATE INDEX sessions_previous ON sessions (previous_hash);
CREATE INDEX sessions_account ON sessions (provider_id, account_id);
CREATE INDEX sessions_staff ON sessions (provider_id, staff_id);
CREATE INDEX sessions_age ON sessions (seen_at);

-- WebAuthn credentials of staff.
CREATE TABLE staff_passkeys (
    credential_id BYTEA NOT NULL PRIMARY KEY,
    provider_id TEXT NOT NULL,
    staff_id BYTEA NOT NULL,
    -- what its owner calls it
    name TEXT NOT NULL,
    -- public key and counter, JSON
    passkey TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    used_at BIGINT,
    FOREIGN KEY (provider_id, staff_id) REFERENCES staff (provider_id, id)
);
CREATE INDEX staff_passkeys_staff ON staff_passkeys (provider_id, staff_id);

-- What has begun in a browser and waits for its end: WebAuthn, OpenID Connect. Each ends once.
CREATE TABLE ceremonies (
    -- SHA-256 of what the browser keeps
    browser_hash BYTEA NOT NULL PRIMARY KEY,
    provider_id TEXT REFERENCES providers (id),
    kind TEXT NOT NULL,
    sealed_state BYTEA NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX ceremonies_expiry ON ceremonies (expires_at);
CREATE UNIQUE INDEX api_tokens_id ON api_tokens (provider_id, id);
