-- The key with which a provider signs what it sends to push services (RFC 8292). Made once, when it
-- is first asked for; another one would end every subscription.
CREATE TABLE push_keys (
    provider_id TEXT NOT NULL PRIMARY KEY REFERENCES providers (id),
    -- the point, uncompressed
    public_key BYTEA NOT NULL,
    sealed_key BYTEA NOT NULL,
    made_at BIGINT NOT NULL
);

-- Where a device is knocked at while its page is closed: one place a device.
CREATE TABLE push_subscriptions (
    provider_id TEXT NOT NULL,
    enrollment_id BYTEA NOT NULL,
    -- whoever knows it can knock
    sealed_endpoint BYTEA NOT NULL,
    made_at BIGINT NOT NULL,
    -- when to knock next; none: nothing is new
    due_at BIGINT,
    attempts BIGINT NOT NULL,
    PRIMARY KEY (provider_id, enrollment_id),
    FOREIGN KEY (enrollment_id, provider_id) REFERENCES enrollments (id, provider_id)
);
CREATE INDEX push_subscriptions_due ON push_subscriptions (due_at) WHERE due_at IS NOT NULL;
