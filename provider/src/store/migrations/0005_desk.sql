-- The enrollment desk: lists that stay quick whatever their length, notes, the programme's figures.

-- Every list is ordered by (issued_at, id): a page is found by where the one before ended.
DROP INDEX enrollments_account;
CREATE INDEX enrollments_account ON enrollments (provider_id, account_id, issued_at, id);
CREATE INDEX enrollments_newest ON enrollments (provider_id, issued_at, id);
CREATE INDEX enrollments_state ON enrollments (provider_id, state, issued_at, id);
CREATE INDEX enrollments_channel ON enrollments (provider_id, channel, issued_at, id);
CREATE INDEX enrollments_state_channel
    ON enrollments (provider_id, state, channel, issued_at, id);

-- One enrollment's history in its order: without the order in it, the database would rather walk
-- the whole audit, which is in order by itself.
DROP INDEX audit_entries_enrollment;
CREATE INDEX audit_entries_enrollment ON audit_entries (provider_id, enrollment_id, seq);

-- What staff wrote down about an enrollment. That they did is in the audit, the words are here.
CREATE TABLE enrollment_notes (
    id BYTEA NOT NULL,
    provider_id TEXT NOT NULL,
    enrollment_id BYTEA NOT NULL,
    author TEXT NOT NULL,
    text TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    PRIMARY KEY (provider_id, id),
    FOREIGN KEY (enrollment_id, provider_id) REFERENCES enrollments (id, provider_id)
);
CREATE INDEX enrollment_notes_enrollment
    ON enrollment_notes (provider_id, enrollment_id, made_at);

-- What happened to a label between its making and its confirmation, as far as it can be known.
CREATE TABLE enrollment_milestones (
    provider_id TEXT NOT NULL,
    enrollment_id BYTEA NOT NULL,
    stage TEXT NOT NULL CHECK (stage IN ('delivered', 'opened')),
    at BIGINT NOT NULL,
    PRIMARY KEY (provider_id, enrollment_id, stage),
    FOREIGN KEY (enrollment_id, provider_id) REFERENCES enrollments (id, provider_id)
);

-- How many of the labels made on a day, by a channel, came how far. Counted as it happens: the
-- figures of a year are a thousand rows, however many enrollments there are.
CREATE TABLE programme_days (
    provider_id TEXT NOT NULL REFERENCES providers (id),
    -- days since 1 January 1970, UTC, of the registration
    day BIGINT NOT NULL,
    channel TEXT NOT NULL,
    stage TEXT NOT NULL
        CHECK (stage IN ('registered', 'delivered', 'opened', 'confirmed', 'active')),
    labels BIGINT NOT NULL,
    PRIMARY KEY (provider_id, day, channel, stage)
);
INSERT INTO programme_days (provider_id, day, channel, stage, labels)
    SELECT provider_id, issued_at / 86400, channel, 'registered', COUNT(*)
    FROM enrollments GROUP BY provider_id, issued_at / 86400, channel;
INSERT INTO programme_days (provider_id, day, channel, stage, labels)
    SELECT provider_id, issued_at / 86400, channel, 'confirmed', COUNT(*)
    FROM enrollments WHERE serial IS NOT NULL GROUP BY provider_id, issued_at / 86400, channel;

-- What takes longer than a request: files of registrations or customers, worked off in the
-- background a chunk at a time, and verifications of the audit.
CREATE TABLE bulk_jobs (
    id BYTEA NOT NULL,
    provider_id TEXT NOT NULL REFERENCES providers (id),
    staff_id BYTEA NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('registrations', 'customers', 'audit')),
    file_name TEXT NOT NULL,
    -- checking, checked: nothing is registered yet
    state TEXT NOT NULL
        CHECK (state IN ('checking', 'checked', 'registering', 'finished', 'cancelled')),
    lines BIGINT NOT NULL,
    checked BIGINT NOT NULL,
    -- of the lines checked, those that cannot be registered
    faulty BIGINT NOT NULL,
    registered BIGINT NOT NULL,
    refused BIGINT NOT NULL,
    -- of customers: those that are new, and those of whom something is different
    added BIGINT NOT NULL,
    changed BIGINT NOT NULL,
    made_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    -- grows by one with every change
    revision BIGINT NOT NULL,
    PRIMARY KEY (provider_id, id)
);
CREATE INDEX bulk_jobs_newest ON bulk_jobs (provider_id, made_at, id);
CREATE INDEX bulk_jobs_waiting ON bulk_jobs (made_at)
    WHERE state IN ('checking', 'registering');
CREATE INDEX bulk_jobs_age ON bulk_jobs (changed_at);

CREATE TABLE bulk_chunks (
    provider_id TEXT NOT NULL,
    job_id BYTEA NOT NULL,
    seq BIGINT NOT NULL,
    lines BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('unchecked', 'checked', 'done')),
    -- the device IDs are in it: erased as soon as it is of no more use
    sealed_lines BYTEA,
    -- what became of each line, CSV
    report TEXT NOT NULL,
    -- lines of the report that were refused
    refused BIGINT NOT NULL,
    PRIMARY KEY (provider_id, job_id, seq),
    FOREIGN KEY (provider_id, job_id) REFERENCES bulk_jobs (provider_id, id)
);
CREATE INDEX bulk_chunks_state ON bulk_chunks (provider_id, job_id, state, seq);
