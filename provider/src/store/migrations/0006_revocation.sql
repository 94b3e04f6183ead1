-- Certificates that are withdrawn before their time, and what is published about them.

-- Each certificate knows who issued it, by which list it is to be looked up, and the hash that
-- LFDI (its first 20 bytes), SFDI (its first 36 bits) and VEN fingerprint (its last 10 bytes) are
-- parts of.
CREATE TABLE certificates_with_issuer (
    serial BYTEA NOT NULL,
    provider_id TEXT NOT NULL,
    enrollment_id BYTEA NOT NULL,
    spki_hash BYTEA NOT NULL REFERENCES device_keys (spki_hash),
    csr_hash BYTEA NOT NULL,
    certificate BYTEA NOT NULL,
    -- SHA-256 of the certificate: what a signed message names its signer by
    fingerprint BYTEA NOT NULL,
    ven_fingerprint BYTEA NOT NULL,
    -- SHA-256 of the certificate that issued it
    issuer BYTEA NOT NULL,
    -- the part of the issuer's revocation list that the certificate names; 0 for the whole list
    crl_shard BIGINT NOT NULL,
    not_after BIGINT NOT NULL,
    made_at BIGINT NOT NULL,
    PRIMARY KEY (provider_id, serial),
    FOREIGN KEY (enrollment_id, provider_id) REFERENCES enrollments (id, provider_id)
);
INSERT INTO certificates_with_issuer
    SELECT c.serial, c.provider_id, c.enrollment_id, c.spki_hash, c.csr_hash, c.certificate,
        sha256(c.certificate), substr(sha256(c.certificate), 23, 10),
        (SELECT k.fingerprint FROM provider_keys k
            WHERE k.provider_id = c.provider_id AND k.role = 'issuing'),
        0, c.not_after, c.made_at
    FROM certificates c;
DROP TABLE certificates;
ALTER TABLE certificates_with_issuer RENAME TO certificates;
CREATE INDEX certificates_enrollment ON certificates (provider_id, enrollment_id, made_at);
CREATE UNIQUE INDEX certificates_fingerprint ON certificates (provider_id, fingerprint);
CREATE INDEX certificates_ven_fingerprint ON certificates (provider_id, ven_fingerprint);

-- A device that has not spoken yet can be put on hold as well, and comes back as what it was.
INSERT INTO legal_transitions (from_state, to_state) VALUES
    ('issued', 'suspended'),
    ('suspended', 'issued');

-- Certificates that are withdrawn. One on hold leaves the table again when the hold ends.
CREATE TABLE revocations (
    provider_id TEXT NOT NULL,
    serial BYTEA NOT NULL,
    issuer BYTEA NOT NULL,
    crl_shard BIGINT NOT NULL,
    revoked_at BIGINT NOT NULL,
    -- of the certificate: some time later it leaves the list
    not_after BIGINT NOT NULL,
    -- the word of the reason
    reason TEXT NOT NULL,
    -- CRLReason (RFC 5280, 5.3.1); 6 is a hold
    code BIGINT NOT NULL CHECK (code IN (1, 4, 5, 6)),
    by_actor TEXT NOT NULL,
    note TEXT NOT NULL,
    PRIMARY KEY (provider_id, serial),
    FOREIGN KEY (provider_id, serial) REFERENCES certificates (provider_id, serial)
);
CREATE INDEX revocations_issuer ON revocations (provider_id, issuer, not_after);

-- How often the revocations of an issuer changed, by the list that they are on: tells whether
-- the list that is published is the newest.
CREATE TABLE revocation_changes (
    provider_id TEXT NOT NULL REFERENCES providers (id),
    issuer BYTEA NOT NULL,
    crl_shard BIGINT NOT NULL,
    changes BIGINT NOT NULL,
    PRIMARY KEY (provider_id, issuer, crl_shard)
);

-- The newest revocation list of each issuer (0), and of each part of it.
CREATE TABLE revocation_lists (
    provider_id TEXT NOT NULL REFERENCES providers (id),
    issuer BYTEA NOT NULL,
    crl_shard BIGINT NOT NULL,
    -- CRLNumber (RFC 5280, 5.2.3): grows with every list of the same scope
    number BIGINT NOT NULL,
    this_update BIGINT NOT NULL,
    next_update BIGINT NOT NULL,
    -- of revocation_changes, when it was made
    changes BIGINT NOT NULL,
    entries BIGINT NOT NULL,
    -- DER
    list BYTEA NOT NULL,
    PRIMARY KEY (provider_id, issuer, crl_shard)
);
