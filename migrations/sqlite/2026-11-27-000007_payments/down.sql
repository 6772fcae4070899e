CREATE TABLE donation_events_old (
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
INSERT INTO donation_events_old
SELECT id, donation_id, key, fingerprint, kind, amount_minor, entry, reason, recorded_at, recorded_by, request_id
FROM donation_events WHERE kind <> 'taken_back';
DROP TABLE donation_events;
ALTER TABLE donation_events_old RENAME TO donation_events;
CREATE INDEX donation_events_donation ON donation_events (donation_id);

DROP INDEX share_payments_in_hand;
DROP INDEX donations_in_hand;
DROP INDEX share_payments_entry;
ALTER TABLE share_payments DROP COLUMN takes_back;
ALTER TABLE share_payments DROP COLUMN held_in;
ALTER TABLE donations DROP COLUMN held_in;
DROP TABLE allocations;
