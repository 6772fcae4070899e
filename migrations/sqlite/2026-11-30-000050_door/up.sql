-- The door: wrong attempts in a row at any address, invitations that can be named and withdrawn, who made a token, and
-- how often the same thing failed.

-- Wrong attempts in a row by one way in, whoever has the address or nobody. The key is SHA-256 of the way: what a
-- stranger typed (perhaps a password in the wrong field) is never stored.
CREATE TABLE door_locks (
    key BLOB PRIMARY KEY NOT NULL,
    -- Whose remembered device or account it is; nobody's for an address, known or not.
    staff_id BIGINT REFERENCES staff (id),
    failures BIGINT NOT NULL,
    locked_until TIMESTAMP,
    last_at TIMESTAMP NOT NULL
);

CREATE INDEX door_locks_last ON door_locks (last_at);

-- Locks that are in force end with this; the longest was an hour.
ALTER TABLE staff DROP COLUMN failures;
ALTER TABLE staff DROP COLUMN locked_until;

CREATE TABLE numbered_invitations (
    id INTEGER PRIMARY KEY NOT NULL,
    digest BLOB NOT NULL UNIQUE,
    role TEXT NOT NULL,
    invited_by TEXT NOT NULL,
    inviter_id BIGINT REFERENCES staff (id),
    created_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL,
    used_at TIMESTAMP,
    withdrawn_at TIMESTAMP,
    -- Addresses that were refused because somebody has them.
    refusals BIGINT NOT NULL
);

INSERT INTO numbered_invitations (digest, role, invited_by, inviter_id, created_at, expires_at, used_at, refusals)
SELECT digest, role, invited_by,
    CASE WHEN invited_by LIKE 'staff:%' THEN CAST(substr(invited_by, 7) AS INTEGER) END,
    created_at, expires_at, used_at, 0
FROM invitations ORDER BY created_at;

DROP TABLE invitations;
ALTER TABLE numbered_invitations RENAME TO invitations;

ALTER TABLE tokens ADD COLUMN creator_id BIGINT REFERENCES staff (id);
UPDATE tokens SET creator_id = CAST(substr(created_by, 7) AS INTEGER) WHERE created_by LIKE 'staff:%';

-- How often what one row of the trail says happened again on that day; the row itself is never changed.
CREATE TABLE audit_folds (
    day DATE NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    place TEXT NOT NULL,
    step_id BIGINT NOT NULL UNIQUE REFERENCES audit (id),
    times BIGINT NOT NULL,
    last_at TIMESTAMP NOT NULL,
    PRIMARY KEY (day, action, subject, place)
);
