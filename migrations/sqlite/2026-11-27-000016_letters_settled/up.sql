-- When staff left a letter that failed, because nothing more can be done; it is no longer shown as one that waits for them.
ALTER TABLE deliveries ADD COLUMN settled_at TIMESTAMP;

DROP INDEX deliveries_failed;
CREATE INDEX deliveries_failed ON deliveries (id) WHERE state = 'failed' AND settled_at IS NULL;
