DROP INDEX deliveries_failed;
ALTER TABLE deliveries DROP COLUMN settled_at;
CREATE INDEX deliveries_failed ON deliveries (id) WHERE state = 'failed';
