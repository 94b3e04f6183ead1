-- What devices are sent, each content once, however many it is for.
CREATE TABLE parcels (
    -- the id of the item that devices see
    id BYTEA NOT NULL PRIMARY KEY,
    provider_id TEXT NOT NULL REFERENCES providers (id),
    -- counts the parcels of a provider from 1: the order in which they are delivered
    number BIGINT NOT NULL CHECK (number > 0),
    kind TEXT NOT NULL CHECK (kind IN ('instruction', 'event', 'settings')),
    -- JSON
    content TEXT NOT NULL,
    originator TEXT NOT NULL CHECK (originator IN ('staff', 'api', 'event')),
    -- the member of staff, the token, or the event's OpenADR object id
    originator_id TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    -- when it was taken back
    withdrawn_at BIGINT,
    -- when nobody was left who could still receive it
    closed_at BIGINT,
    UNIQUE (provider_id, number)
);
CREATE INDEX parcels_open ON parcels (expires_at) WHERE closed_at IS NULL;
CREATE INDEX parcels_originator ON parcels (provider_id, originator, originator_id, number);

-- Whom a parcel is for, and what has become of it there.
CREATE TABLE parcel_recipients (
    provider_id TEXT NOT NULL,
    enrollment_id BYTEA NOT NULL,
    -- parcels.number
    parcel BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('queued', 'delivered', 'acknowledged', 'executed',
        'failed', 'refused', 'expired', 'cancelled')),
    -- when it was first in an answer
    delivered_at BIGINT,
    acknowledged_at BIGINT,
    -- when it was over, by the clock of the provider
    closed_at BIGINT,
    -- when that was, by the clock of the device
    device_at BIGINT,
    -- what the device said about it
    detail TEXT,
    PRIMARY KEY (provider_id, enrollment_id, parcel),
    FOREIGN KEY (provider_id, parcel) REFERENCES parcels (provider_id, number),
    FOREIGN KEY (enrollment_id, provider_id) REFERENCES enrollments (id, provider_id)
);
CREATE INDEX parcel_recipients_pending ON parcel_recipients (provider_id, enrollment_id, parcel)
    WHERE state IN ('queued', 'delivered');
CREATE INDEX parcel_recipients_counts ON parcel_recipients (provider_id, parcel, state);

-- SHA-256 of the key that opens the wake-up stream until the next answer.
ALTER TABLE conversations ADD COLUMN wake_hash BYTEA;

-- Instructions of a provider's own systems that came with an Idempotency-Key.
CREATE TABLE instruction_calls (
    provider_id TEXT NOT NULL REFERENCES providers (id),
    key_hash BYTEA NOT NULL,
    -- SHA-256 of what was asked
    request_hash BYTEA NOT NULL,
    parcel_id BYTEA NOT NULL REFERENCES parcels (id),
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (provider_id, key_hash)
);
CREATE INDEX instruction_calls_expiry ON instruction_calls (expires_at);

-- How devices are to go on, by kind of device; the newest version counts. The first is what the
-- configuration said when it was first changed.
CREATE TABLE settings_versions (
    provider_id TEXT NOT NULL REFERENCES providers (id),
    profile TEXT NOT NULL CHECK (profile IN ('device', 'gateway')),
    version BIGINT NOT NULL CHECK (version > 0),
    -- seconds
    poll_interval BIGINT NOT NULL,
    support_email TEXT,
    support_phone TEXT,
    made_at BIGINT NOT NULL,
    -- none for the configuration's
    made_by BYTEA,
    -- the older version that this one brought back
    brought_back BIGINT,
    -- what tells the devices of it; none for the configuration's
    parcel_id BYTEA REFERENCES parcels (id),
    -- up to which enrollment the devices have it in their mailbox; none before the first
    addressed_up_to BYTEA,
    -- when all of them had
    addressed_at BIGINT,
    PRIMARY KEY (provider_id, profile, version)
);
CREATE INDEX settings_versions_to_address ON settings_versions (provider_id, profile, version)
    WHERE parcel_id IS NOT NULL AND addressed_at IS NULL;
