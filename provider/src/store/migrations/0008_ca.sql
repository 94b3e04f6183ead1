-- The issuing keys of a provider's CA, from their request on.
CREATE TABLE issuing_keys (
    -- SHA-256 of its SubjectPublicKeyInfo
    id BYTEA NOT NULL PRIMARY KEY,
    provider_id TEXT NOT NULL REFERENCES providers (id),
    -- counts the issuing keys of a provider from 1; part of the issuer's name
    generation BIGINT NOT NULL CHECK (generation > 0),
    spki BYTEA NOT NULL,
    -- the key itself, sealed; or what the token calls it (CKA_ID)
    sealed_key BYTEA,
    token_id BYTEA,
    made_at BIGINT NOT NULL,
    -- once installed: its certificate and those above it, root last, DER, one after the other
    chain BYTEA,
    installed_at BIGINT,
    UNIQUE (provider_id, generation),
    CHECK ((sealed_key IS NULL) <> (token_id IS NULL)),
    CHECK ((chain IS NULL) = (installed_at IS NULL))
);
CREATE INDEX issuing_keys_installed ON issuing_keys (provider_id, installed_at, generation);
