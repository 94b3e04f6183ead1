-- Times are Unix seconds. Ids are UUIDs or hashes made by Gridpass, never by the database.
-- Every row belongs to one provider. Columns named sealed_* open only with the key file.

CREATE TABLE installation (
    id BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    -- tells whether a key file is the one that sealed this database
    key_check BYTEA NOT NULL,
    made_at BIGINT NOT NULL
);

CREATE TABLE providers (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    made_at BIGINT NOT NULL
);

CREATE TABLE provider_keys (
    -- SHA-256 of the certificate
    fingerprint BYTEA NOT NULL PRIMARY KEY,
    provider_id TEXT NOT NULL REFERENCES providers (id),
    role TEXT NOT NULL CHECK (role IN ('root', 'issuing', 'provider')),
    certificate BYTEA NOT NULL,
    sealed_key BYTEA NOT NULL,
    made_at BIGINT NOT NULL
);
CREATE INDEX provider_keys_role ON provider_keys (provider_id, role, made_at);

CREATE TABLE accounts (
    id BYTEA NOT NULL,
    provider_id TEXT NOT NULL REFERENCES providers (id),
    number TEXT NOT NULL,
    name TEXT NOT NULL,
    email TEXT,
    -- the address in lower case, to find the account by it
    email_lookup TEXT,
    language TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    PRIMARY KEY (provider_id, id),
    UNIQUE (provider_id, number)
);
CREATE INDEX accounts_email ON accounts (provider_id, email_lookup);

-- Every transition that an enrollment may make. The database refuses all others.
CREATE TABLE legal_transitions (
    from_state TEXT NOT NULL,
    to_state TEXT NOT NULL,
    PRIMARY KEY (from_state, to_state)
);
INSERT INTO legal_transitions (from_state, to_state) VALUES
    ('none', 'open'),
    ('open', 'issued'),
    ('open', 'locked'),
    ('open', 'expired'),
    ('open', 'superseded'),
    ('open', 'cancelled'),
    ('issued', 'active'),
    ('issued', 'revoked'),
    ('active', 'revoked'),
    ('active', 'suspended'),
    ('suspended', 'active'),
    ('suspended', 'revoked');

-- One enrollment with its mapping.
CREATE TABLE enrollments (
    id BYTEA NOT NULL,
    provider_id TEXT NOT NULL REFERENCES providers (id),
    account_id BYTEA NOT NULL,
    temporary_id BYTEA NOT NULL,
    otp_hash BYTEA NOT NULL,
    -- HMAC of the device ID under the key file: finds it, does not tell it
    device_lookup BYTEA NOT NULL,
    sealed_device_id BYTEA NOT NULL,
    device_id_hint TEXT NOT NULL,
    device_id_kind TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('device', 'gateway')),
    channel TEXT NOT NULL CHECK (channel IN ('screen', 'email', 'sms', 'letter', 'api')),
    key_algorithm TEXT NOT NULL,
    csr_content TEXT NOT NULL,
    nickname TEXT,
    issued_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    previous_state TEXT NOT NULL,
    state TEXT NOT NULL,
    state_at BIGINT NOT NULL,
    -- evidence of the state: what superseded it, the serial number issued, why it was revoked
    superseded_by BYTEA,
    serial BYTEA,
    reason TEXT,
    PRIMARY KEY (id, provider_id),
    FOREIGN KEY (provider_id, account_id) REFERENCES accounts (provider_id, id),
    FOREIGN KEY (previous_state, state) REFERENCES legal_transitions (from_state, to_state),
    CHECK ((state = 'superseded') = (superseded_by IS NOT NULL)),
    CHECK ((state IN ('issued', 'active', 'suspended', 'revoked')) = (serial IS NOT NULL)),
    CHECK ((state = 'revoked') = (reason IS NOT NULL))
);
CREATE UNIQUE INDEX enrollments_temporary_id ON enrollments (temporary_id);
CREATE UNIQUE INDEX enrollments_one_open_mapping ON enrollments (provider_id, device_lookup)
    WHERE state = 'open';
CREATE INDEX enrollments_device ON enrollments (provider_id, device_lookup);
CREATE INDEX enrollments_account ON enrollments (provider_id, account_id);
CREATE INDEX enrollments_open ON enrollments (expires_at) WHERE state = 'open';

-- The payload of a label, sealed under its manual code, which nobody here keeps.
CREATE TABLE labels (
    lookup BYTEA NOT NULL PRIMARY KEY,
    provider_id TEXT NOT NULL,
    enrollment_id BYTEA NOT NULL,
    nonce BYTEA NOT NULL,
    payload BYTEA NOT NULL,
    expires_at BIGINT NOT NULL,
    FOREIGN KEY (enrollment_id, provider_id) REFERENCES enrollments (id, provider_id)
);
CREATE UNIQUE INDEX labels_enrollment ON labels (provider_id, enrollment_id);
CREATE INDEX labels_expiry ON labels (expires_at);

CREATE TABLE device_keys (
    -- SHA-256 of the SubjectPublicKeyInfo: no two devices of an installation share a key
    spki_hash BYTEA NOT NULL PRIMARY KEY,
    provider_id TEXT NOT NULL,
    enrollment_id BYTEA NOT NULL,
    spki BYTEA NOT NULL,
    made_at BIGINT NOT NULL,
    FOREIGN KEY (enrollment_id, provider_id) REFERENCES enrollments (id, provider_id)
);

CREATE TABLE certificates (
    serial BYTEA NOT NULL,
    provider_id TEXT NOT NULL,
    enrollment_id BYTEA NOT NULL,
    spki_hash BYTEA NOT NULL REFERENCES device_keys (spki_hash),
    csr_hash BYTEA NOT NULL,
    certificate BYTEA NOT NULL,
    not_after BIGINT NOT NULL,
    made_at BIGINT NOT NULL,
    PRIMARY KEY (provider_id, serial),
    FOREIGN KEY (enrollment_id, provider_id) REFERENCES enrollments (id, provider_id)
);
CREATE INDEX certificates_enrollment ON certificates (provider_id, enrollment_id);

-- Wrong one-time passwords by temporary id, for known and unknown ones alike.
CREATE TABLE mapping_failures (
    temporary_id BYTEA NOT NULL,
    provider_id TEXT NOT NULL REFERENCES providers (id),
    failures BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    PRIMARY KEY (provider_id, temporary_id)
);
CREATE INDEX mapping_failures_age ON mapping_failures (last_at);

-- What is limited by client or account within a sliding window: one row an event.
CREATE TABLE limited_events (
    scope TEXT NOT NULL,
    client TEXT NOT NULL,
    provider_id TEXT REFERENCES providers (id),
    at BIGINT NOT NULL
);
CREATE INDEX limited_events_client ON limited_events (scope, client, at);
CREATE INDEX limited_events_age ON limited_events (at);

CREATE TABLE idempotency_keys (
    key_hash BYTEA NOT NULL,
    provider_id TEXT NOT NULL,
    request_hash BYTEA NOT NULL,
    enrollment_id BYTEA NOT NULL,
    sealed_manual_code BYTEA NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (provider_id, key_hash),
    FOREIGN KEY (enrollment_id, provider_id) REFERENCES enrollments (id, provider_id)
);
CREATE INDEX idempotency_keys_expiry ON idempotency_keys (expires_at);

-- One link to sign in. Without an account: somebody asked for one that does not exist.
CREATE TABLE sign_in_tokens (
    token_hash BYTEA NOT NULL PRIMARY KEY,
    provider_id TEXT NOT NULL REFERENCES providers (id),
    account_id BYTEA,
    expires_at BIGINT NOT NULL,
    used_at BIGINT,
    FOREIGN KEY (provider_id, account_id) REFERENCES accounts (provider_id, id)
);
CREATE INDEX sign_in_tokens_expiry ON sign_in_tokens (expires_at);

CREATE TABLE sessions (
    token_hash BYTEA NOT NULL PRIMARY KEY,
    provider_id TEXT NOT NULL,
    id BYTEA NOT NULL,
    account_id BYTEA NOT NULL,
    made_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    FOREIGN KEY (provider_id, account_id) REFERENCES accounts (provider_id, id)
);
CREATE INDEX sessions_age ON sessions (seen_at);

CREATE TABLE api_tokens (
    token_hash BYTEA NOT NULL PRIMARY KEY,
    provider_id TEXT NOT NULL REFERENCES providers (id),
    id BYTEA NOT NULL,
    name TEXT NOT NULL,
    scopes TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    revoked_at BIGINT
);

CREATE TABLE outbox (
    id BYTEA NOT NULL PRIMARY KEY,
    provider_id TEXT NOT NULL REFERENCES providers (id),
    -- the order in which they were written
    seq BIGINT NOT NULL,
    -- withheld: made for nobody, so that asking for an unknown account takes the same work
    state TEXT NOT NULL CHECK (state IN ('waiting', 'withheld')),
    sealed_mail BYTEA NOT NULL,
    made_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX outbox_seq ON outbox (provider_id, seq);
CREATE INDEX outbox_age ON outbox (made_at);

CREATE TABLE audit_entries (
    provider_id TEXT NOT NULL REFERENCES providers (id),
    -- grows by one an entry of a provider, without gaps
    seq BIGINT NOT NULL,
    at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    result TEXT NOT NULL,
    enrollment_id BYTEA,
    request_id TEXT,
    client TEXT,
    detail TEXT NOT NULL,
    PRIMARY KEY (provider_id, seq)
);
CREATE INDEX audit_entries_enrollment ON audit_entries (provider_id, enrollment_id);
