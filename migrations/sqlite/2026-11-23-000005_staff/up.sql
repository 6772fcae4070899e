-- Who may act, what they hold to prove it, and what they did.

CREATE TABLE staff (
    id INTEGER PRIMARY KEY NOT NULL,
    email TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('clerk', 'treasurer', 'secretary', 'auditor', 'administrator')),
    -- PHC string of argon2id.
    password_hash TEXT NOT NULL,
    totp_secret TEXT,
    -- The last time step that was used, so that a code works once.
    totp_step BIGINT NOT NULL,
    failures BIGINT NOT NULL,
    locked_until TIMESTAMP,
    created_at TIMESTAMP NOT NULL,
    left_at TIMESTAMP
);

-- SHA-256 of what the cookie, the link or the token says; the thing itself is never stored.
CREATE TABLE sessions (
    digest BLOB PRIMARY KEY NOT NULL,
    staff_id BIGINT NOT NULL REFERENCES staff (id),
    created_at TIMESTAMP NOT NULL,
    seen_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL,
    agent TEXT NOT NULL
);

CREATE INDEX sessions_staff ON sessions (staff_id);

CREATE TABLE invitations (
    digest BLOB PRIMARY KEY NOT NULL,
    role TEXT NOT NULL,
    invited_by TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL,
    used_at TIMESTAMP
);

CREATE TABLE tokens (
    id INTEGER PRIMARY KEY NOT NULL,
    name TEXT NOT NULL,
    digest BLOB NOT NULL UNIQUE,
    scopes TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    created_by TEXT NOT NULL,
    revoked_at TIMESTAMP
);

CREATE TABLE audit (
    id INTEGER PRIMARY KEY NOT NULL,
    at TIMESTAMP NOT NULL,
    who TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL,
    request_id TEXT NOT NULL
);
