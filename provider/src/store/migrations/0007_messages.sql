-- The keys of a device are a series: each but the first was vouched for by the one before it.
ALTER TABLE device_keys ADD COLUMN vouched_by BYTEA REFERENCES device_keys (spki_hash);
-- the message in which that was said, signed by the vouching key: a JWS
ALTER TABLE device_keys ADD COLUMN voucher TEXT;
ALTER TABLE device_keys ADD COLUMN first_spoke_at BIGINT;
-- from when on it may no longer speak
ALTER TABLE device_keys ADD COLUMN retires_at BIGINT;
CREATE INDEX device_keys_enrollment ON device_keys (provider_id, enrollment_id);

-- when its customer was told that it ends soon
ALTER TABLE certificates ADD COLUMN warned_at BIGINT;
CREATE INDEX certificates_unwarned ON certificates (not_after) WHERE warned_at IS NULL;

-- Where the conversation with a device stands.
CREATE TABLE conversations (
    provider_id TEXT NOT NULL,
    enrollment_id BYTEA NOT NULL,
    -- of the last message that was answered
    seq BIGINT NOT NULL,
    -- SHA-256 of that message, sealed as it came
    message_hash BYTEA NOT NULL,
    -- its answer, sealed to the device
    answer TEXT NOT NULL,
    -- SHA-256 of the token in that answer
    token_hash BYTEA NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (provider_id, enrollment_id),
    FOREIGN KEY (enrollment_id, provider_id) REFERENCES enrollments (id, provider_id)
);

-- Two holders of one key are suspected, since when; staff take it back.
ALTER TABLE enrollments ADD COLUMN clone_suspected_at BIGINT;
CREATE INDEX enrollments_clone_suspected ON enrollments (provider_id, clone_suspected_at)
    WHERE clone_suspected_at IS NOT NULL;
