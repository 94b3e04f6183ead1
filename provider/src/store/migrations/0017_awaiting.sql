-- Whoever waits for an approval is shown at the desk, the longest waiting first.
CREATE INDEX est_requests_awaiting ON est_requests (provider_id, asked_at, enrollment_id)
    WHERE approved_at IS NULL;
