-- Demand response: programmes, their events, who is told of them, and what comes back.

CREATE TABLE dr_programs (
    id BYTEA NOT NULL,
    provider_id TEXT NOT NULL REFERENCES providers (id),
    name TEXT NOT NULL,
    -- what customers are told about it
    description TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (provider_id, id),
    UNIQUE (provider_id, name)
);

-- Devices that staff put together under a name.
CREATE TABLE dr_groups (
    id BYTEA NOT NULL,
    provider_id TEXT NOT NULL REFERENCES providers (id),
    name TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    PRIMARY KEY (provider_id, id),
    UNIQUE (provider_id, name)
);
CREATE TABLE dr_group_members (
    provider_id TEXT NOT NULL,
    group_id BYTEA NOT NULL,
    enrollment_id BYTEA NOT NULL,
    added_at BIGINT NOT NULL,
    PRIMARY KEY (provider_id, group_id, enrollment_id),
    FOREIGN KEY (provider_id, group_id) REFERENCES dr_groups (provider_id, id),
    FOREIGN KEY (enrollment_id, provider_id) REFERENCES enrollments (id, provider_id)
);
CREATE INDEX dr_group_members_enrollment ON dr_group_members (provider_id, enrollment_id);

-- An event as it stands now. What it said before is in the parcels of the mailbox.
CREATE TABLE dr_events (
    id BYTEA NOT NULL,
    provider_id TEXT NOT NULL,
    program_id BYTEA NOT NULL,
    name TEXT NOT NULL,
    signal TEXT NOT NULL CHECK (signal IN ('simple', 'price', 'reduction')),
    -- thousandths, one for each of the equal parts of the event, JSON
    amounts TEXT NOT NULL,
    starts_at BIGINT NOT NULL,
    -- seconds
    length BIGINT NOT NULL,
    -- the most that a device may wait beyond the start, seconds
    randomize_start BIGINT NOT NULL,
    -- when the last device is done: start, waiting and length
    ends_at BIGINT NOT NULL,
    priority BIGINT,
    incentive TEXT,
    -- who is meant, JSON
    targets TEXT NOT NULL,
    -- grows by one with every change
    version BIGINT NOT NULL,
    cancelled_at BIGINT,
    -- what devices are told in this version
    parcel_id BYTEA NOT NULL,
    -- the event of another provider that this one passes on to the devices of an aggregator
    principal_id TEXT,
    principal_event BYTEA,
    -- how far the addresses of this version are written: the step, and the last one within it
    addressing TEXT NOT NULL CHECK (addressing IN ('waiting', 'done')),
    step BIGINT NOT NULL,
    after BYTEA NOT NULL,
    made_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    -- grows by one with everything that the desk shows
    revision BIGINT NOT NULL,
    PRIMARY KEY (provider_id, id),
    FOREIGN KEY (provider_id, program_id) REFERENCES dr_programs (provider_id, id)
);
CREATE INDEX dr_events_newest ON dr_events (provider_id, starts_at, id);
CREATE INDEX dr_events_program ON dr_events (provider_id, program_id, starts_at, id);
CREATE INDEX dr_events_end ON dr_events (provider_id, ends_at);
CREATE INDEX dr_events_waiting ON dr_events (changed_at) WHERE addressing = 'waiting';
CREATE INDEX dr_events_principal ON dr_events (principal_id, principal_event)
    WHERE principal_id IS NOT NULL;
CREATE INDEX dr_events_parcel ON dr_events (provider_id, parcel_id);

-- Whoever was told of an event in any of its versions, and what the customer chose.
CREATE TABLE dr_recipients (
    provider_id TEXT NOT NULL,
    event_id BYTEA NOT NULL,
    enrollment_id BYTEA NOT NULL,
    added_at BIGINT NOT NULL,
    choice TEXT CHECK (choice IN ('in', 'out')),
    reason TEXT,
    chosen_at BIGINT,
    PRIMARY KEY (provider_id, event_id, enrollment_id),
    FOREIGN KEY (provider_id, event_id) REFERENCES dr_events (provider_id, id),
    FOREIGN KEY (enrollment_id, provider_id) REFERENCES enrollments (id, provider_id)
);
CREATE INDEX dr_recipients_enrollment ON dr_recipients (provider_id, enrollment_id, event_id);
CREATE INDEX dr_recipients_choice ON dr_recipients (provider_id, event_id, choice)
    WHERE choice IS NOT NULL;

-- What devices report about an event.
CREATE TABLE dr_reports (
    id BYTEA NOT NULL,
    provider_id TEXT NOT NULL,
    event_id BYTEA NOT NULL,
    enrollment_id BYTEA NOT NULL,
    -- what the device calls itself in it
    client_name TEXT NOT NULL,
    -- an OpenADR report, JSON
    body TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (provider_id, id),
    FOREIGN KEY (provider_id, event_id, enrollment_id)
        REFERENCES dr_recipients (provider_id, event_id, enrollment_id)
);
CREATE INDEX dr_reports_device ON dr_reports (provider_id, enrollment_id, event_id, id);
CREATE INDEX dr_reports_event ON dr_reports (provider_id, event_id, enrollment_id);

-- The load that all reports about an event tell, summed up in spans of five minutes: a plot reads
-- a few hundred rows, however many devices report.
CREATE TABLE dr_load (
    provider_id TEXT NOT NULL,
    event_id BYTEA NOT NULL,
    -- where the span begins
    at BIGINT NOT NULL,
    watt_seconds BIGINT NOT NULL,
    -- of readings in this span, all devices together
    seconds BIGINT NOT NULL,
    PRIMARY KEY (provider_id, event_id, at),
    FOREIGN KEY (provider_id, event_id) REFERENCES dr_events (provider_id, id)
);

-- What a device says of itself as an OpenADR VEN. The VEN itself is the enrollment.
CREATE TABLE dr_vens (
    provider_id TEXT NOT NULL,
    enrollment_id BYTEA NOT NULL,
    name TEXT NOT NULL,
    -- a list of valuesMap, JSON
    attributes TEXT NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (provider_id, enrollment_id),
    FOREIGN KEY (enrollment_id, provider_id) REFERENCES enrollments (id, provider_id)
);

-- Everybody who is meant is found in the order of their ids, a thousand at a time.
CREATE INDEX enrollments_by_id ON enrollments (provider_id, state, id);
CREATE INDEX accounts_postal_code ON accounts (provider_id, postal_code);
