-- Exchanging the key file, and forgetting in time.

-- The secret that everything is sealed under, sealed itself under the key file of today; none as
-- long as the first key file is that secret.
ALTER TABLE installation ADD COLUMN sealed_master BYTEA;
-- when the key file was last exchanged
ALTER TABLE installation ADD COLUMN key_file_since BIGINT;

-- What is over, by when it was.
CREATE INDEX parcels_closed ON parcels (closed_at) WHERE closed_at IS NOT NULL;
