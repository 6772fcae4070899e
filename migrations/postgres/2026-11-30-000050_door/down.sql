DROP TABLE audit_folds;
ALTER TABLE tokens DROP COLUMN creator_id;
ALTER TABLE invitations DROP CONSTRAINT invitations_digest_key;
ALTER TABLE invitations DROP COLUMN id, DROP COLUMN inviter_id, DROP COLUMN withdrawn_at, DROP COLUMN refusals;
ALTER TABLE invitations ADD PRIMARY KEY (digest);
ALTER TABLE staff ADD COLUMN failures BIGINT NOT NULL DEFAULT 0, ADD COLUMN locked_until TIMESTAMP;
DROP TABLE door_locks;
