DROP TABLE audit_folds;

CREATE TABLE plain_tokens (
    id INTEGER PRIMARY KEY NOT NULL,
    name TEXT NOT NULL,
    digest BLOB NOT NULL UNIQUE,
    scopes TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    created_by TEXT NOT NULL,
    revoked_at TIMESTAMP
);
INSERT INTO plain_tokens SELECT id, name, digest, scopes, created_at, created_by, revoked_at FROM tokens;
DROP TABLE tokens;
ALTER TABLE plain_tokens RENAME TO tokens;

CREATE TABLE plain_invitations (
    digest BLOB PRIMARY KEY NOT NULL,
    role TEXT NOT NULL,
    invited_by TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL,
    used_at TIMESTAMP
);
INSERT INTO plain_invitations
SELECT digest, role, invited_by, created_at, expires_at, coalesce(used_at, withdrawn_at) FROM invitations;
DROP TABLE invitations;
ALTER TABLE plain_invitations RENAME TO invitations;

ALTER TABLE staff ADD COLUMN failures BIGINT NOT NULL DEFAULT 0;
ALTER TABLE staff ADD COLUMN locked_until TIMESTAMP;
DROP TABLE door_locks;
