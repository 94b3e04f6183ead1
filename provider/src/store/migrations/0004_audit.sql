-- The chain over the audit, and its checkpoints.

-- Entries that were written before there was a chain cannot be part of one. No Gridpass that wrote
-- such has been released.
DROP TABLE audit_entries;
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
    -- SHA-256 over the hash of the entry before and all of the above
    hash BYTEA NOT NULL,
    PRIMARY KEY (provider_id, seq)
);
CREATE INDEX audit_entries_enrollment ON audit_entries (provider_id, enrollment_id);

-- Where each provider's chain ends. The mac is made with the key file: whoever can write to the
-- database alone cannot move the end.
CREATE TABLE audit_heads (
    provider_id TEXT NOT NULL PRIMARY KEY REFERENCES providers (id),
    seq BIGINT NOT NULL,
    hash BYTEA NOT NULL,
    mac BYTEA NOT NULL
);

-- Where the chain once was, signed.
CREATE TABLE audit_checkpoints (
    provider_id TEXT NOT NULL REFERENCES providers (id),
    seq BIGINT NOT NULL,
    at BIGINT NOT NULL,
    jws TEXT NOT NULL,
    PRIMARY KEY (provider_id, seq)
);
