-- Who gives, and what they gave.

CREATE TABLE supporters (
    id INTEGER PRIMARY KEY NOT NULL,
    name TEXT NOT NULL,
    email TEXT,
    -- Normalised name, a line break, normalised e-mail (or the supporter's number where there is none).
    identity TEXT NOT NULL UNIQUE,
    created_at TIMESTAMP NOT NULL
);

CREATE TABLE donations (
    id INTEGER PRIMARY KEY NOT NULL,
    -- Where it came from and the key that its sender gave: "token:3:order-17".
    key TEXT NOT NULL UNIQUE,
    -- SHA-256 of the request, so that one key with two contents is noticed.
    fingerprint BLOB NOT NULL,
    appeal_id BIGINT NOT NULL REFERENCES appeals (id),
    supporter_id BIGINT REFERENCES supporters (id),
    amount_minor BIGINT NOT NULL CHECK (amount_minor > 0),
    -- Refunded, bounced or lost in a dispute.
    returned_minor BIGINT NOT NULL CHECK (returned_minor >= 0 AND returned_minor <= amount_minor),
    method TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('pledged', 'received', 'refunded', 'bounced', 'cancelled')),
    received_on DATE,
    entry BIGINT,
    acknowledge_as TEXT NOT NULL,
    anonymous BOOLEAN NOT NULL,
    note TEXT NOT NULL,
    recorded_at TIMESTAMP NOT NULL,
    recorded_by TEXT NOT NULL,
    request_id TEXT NOT NULL
);

CREATE INDEX donations_appeal ON donations (appeal_id, id);
CREATE INDEX donations_received_on ON donations (received_on, id);
CREATE INDEX donations_supporter ON donations (supporter_id);
-- Few gifts are in any other state, so that the desk finds those at once and the index stays small.
CREATE INDEX donations_not_received ON donations (status, id) WHERE status <> 'received';

-- What happened to a donation after it was recorded.
CREATE TABLE donation_events (
    id INTEGER PRIMARY KEY NOT NULL,
    donation_id BIGINT NOT NULL REFERENCES donations (id),
    key TEXT NOT NULL UNIQUE,
    fingerprint BLOB NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('received', 'refunded', 'bounced', 'cancelled', 'resent')),
    amount_minor BIGINT NOT NULL,
    entry BIGINT REFERENCES entries (number),
    reason TEXT NOT NULL,
    recorded_at TIMESTAMP NOT NULL,
    recorded_by TEXT NOT NULL,
    request_id TEXT NOT NULL
);

CREATE INDEX donation_events_donation ON donation_events (donation_id);
