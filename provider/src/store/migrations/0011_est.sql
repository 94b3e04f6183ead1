-- Requests over EST whose one-time password was right and that wait for staff to approve them, and
-- those that were approved.
CREATE TABLE est_requests (
    provider_id TEXT NOT NULL,
    enrollment_id BYTEA NOT NULL,
    -- SHA-256 of the PKCS#10 request: an approval is good for this one alone
    csr_hash BYTEA NOT NULL,
    -- SHA-256 of its SubjectPublicKeyInfo, which the device can show as well
    spki_hash BYTEA NOT NULL,
    asked_at BIGINT NOT NULL,
    approved_at BIGINT,
    approved_by TEXT,
    PRIMARY KEY (provider_id, enrollment_id),
    FOREIGN KEY (enrollment_id, provider_id) REFERENCES enrollments (id, provider_id),
    CHECK ((approved_at IS NULL) = (approved_by IS NULL))
);
