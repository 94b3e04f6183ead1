-- What is asked about the whole of an installation, again and again.

-- Which certificates end soon: as many rows are read as are told of.
CREATE INDEX certificates_end ON certificates (provider_id, not_after, enrollment_id, serial);
