-- What is delivered, by which channel, how often it was tried.

-- The outbox gets another shape. What waits in the old one are links to sign in that are good for
-- ten minutes: whoever misses one asks again.
DROP TABLE outbox;

CREATE TABLE outbox (
    id BYTEA NOT NULL PRIMARY KEY,
    provider_id TEXT NOT NULL REFERENCES providers (id),
    kind TEXT NOT NULL CHECK (kind IN ('mail', 'sms', 'letter', 'webhook')),
    about TEXT NOT NULL,
    enrollment_id BYTEA,
    -- webhooks: which endpoint is told
    endpoint_id BYTEA,
    -- whom it goes to, shortened so that it tells little: "a***@customers.example"
    recipient_hint TEXT NOT NULL,
    -- withheld: made for nobody, so that asking for an unknown account takes the same work
    -- void: what it is about ended before it was sent
    state TEXT NOT NULL
        CHECK (state IN ('waiting', 'sending', 'sent', 'dead', 'withheld', 'void')),
    -- erased as soon as it is of no more use
    sealed_content BYTEA,
    -- webhooks: the event as JSON; holds no secret and stays for the delivery log
    event TEXT,
    attempts BIGINT NOT NULL,
    -- while it is being sent: when others may take it for abandoned
    next_attempt_at BIGINT NOT NULL,
    last_error TEXT,
    made_at BIGINT NOT NULL,
    -- from then on its content is of no use to anybody
    expires_at BIGINT NOT NULL,
    settled_at BIGINT,
    CHECK (sealed_content IS NULL OR state IN ('waiting', 'sending', 'dead', 'withheld')),
    FOREIGN KEY (enrollment_id, provider_id) REFERENCES enrollments (id, provider_id)
);
CREATE INDEX outbox_due ON outbox (kind, next_attempt_at) WHERE state IN ('waiting', 'sending');
CREATE INDEX outbox_expiry ON outbox (expires_at) WHERE sealed_content IS NOT NULL;
CREATE INDEX outbox_desk ON outbox (provider_id, state, id);
CREATE INDEX outbox_enrollment ON outbox (provider_id, enrollment_id)
    WHERE enrollment_id IS NOT NULL;
CREATE INDEX outbox_endpoint ON outbox (provider_id, endpoint_id, id)
    WHERE endpoint_id IS NOT NULL;
CREATE INDEX outbox_age ON outbox (made_at);

-- Systems that are told when an enrollment changes its state.
CREATE TABLE webhook_endpoints (
    id BYTEA NOT NULL,
    provider_id TEXT NOT NULL REFERENCES providers (id),
    url TEXT NOT NULL,
    sealed_secret BYTEA NOT NULL,
    made_at BIGINT NOT NULL,
    removed_at BIGINT,
    PRIMARY KEY (provider_id, id)
);

-- Each call to such a system: when, and what came of it.
CREATE TABLE webhook_calls (
    provider_id TEXT NOT NULL REFERENCES providers (id),
    delivery_id BYTEA NOT NULL REFERENCES outbox (id) ON DELETE CASCADE,
    -- in their order; trying a call again by hand begins anew and goes on counting
    number BIGINT NOT NULL,
    at BIGINT NOT NULL,
    -- of the answer; none: there was no answer
    status BIGINT,
    error TEXT,
    PRIMARY KEY (provider_id, delivery_id, number)
);
