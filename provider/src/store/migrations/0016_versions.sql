-- The oldest Gridpass, by the newest migration that it knows, which can live with this migration;
-- none for a migration that every older one has to be stopped for.
ALTER TABLE schema_migrations ADD COLUMN oldest BIGINT;
