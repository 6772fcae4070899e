CREATE TABLE donation_events_old (
    id INTEGER PRIMARY KEY NOT NULL,
    donation_id BIGINT NOT NULL REFERENCES donations (id),
    key TEXT NOT NULL UNIQUE,
    fingerprint BLOB NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('received', 'refunded', 'bounced', 'cancelled', 'resent', 'taken_back')),
    amount_minor BIGINT NOT NULL,
    entry BIGINT REFERENCES entries (number),
    reason TEXT NOT NULL,
    recorded_at TIMESTAMP NOT NULL,
    recorded_by TEXT NOT NULL,
    request_id TEXT NOT NULL,
    promised_minor BIGINT,
    promised_method TEXT,
    counts_in BIGINT REFERENCES appeals (id)
);
INSERT INTO donation_events_old
SELECT id, donation_id, key, fingerprint, kind, amount_minor, entry, reason, recorded_at, recorded_by, request_id,
    promised_minor, promised_method, counts_in
FROM donation_events WHERE kind <> 'corrected';
DROP TABLE donation_events;
ALTER TABLE donation_events_old RENAME TO donation_events;
CREATE INDEX donation_events_donation ON donation_events (donation_id);
CREATE INDEX donation_events_counts_in ON donation_events (counts_in) WHERE counts_in IS NOT NULL;
ALTER TABLE appeal_totals DROP COLUMN adjusted_minor;
