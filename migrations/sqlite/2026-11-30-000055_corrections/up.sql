-- What of other appeals' gifts went back while this one was open, and so lowered it.
ALTER TABLE appeal_totals ADD COLUMN adjusted_minor BIGINT NOT NULL DEFAULT 0;
UPDATE appeal_totals SET adjusted_minor = (
    SELECT COALESCE(SUM(e.amount_minor), 0)
    FROM donation_events e JOIN donations d ON d.id = e.donation_id
    WHERE e.counts_in = appeal_totals.appeal_id AND d.appeal_id <> e.counts_in
);

-- A gift that was entered with another amount or for another fund is corrected; what it was before is kept.
CREATE TABLE donation_events_new (
    id INTEGER PRIMARY KEY NOT NULL,
    donation_id BIGINT NOT NULL REFERENCES donations (id),
    key TEXT NOT NULL UNIQUE,
    fingerprint BLOB NOT NULL,
    kind TEXT NOT NULL CHECK (
        kind IN ('received', 'refunded', 'bounced', 'cancelled', 'resent', 'taken_back', 'corrected')
    ),
    amount_minor BIGINT NOT NULL,
    entry BIGINT REFERENCES entries (number),
    reason TEXT NOT NULL,
    recorded_at TIMESTAMP NOT NULL,
    recorded_by TEXT NOT NULL,
    request_id TEXT NOT NULL,
    promised_minor BIGINT,
    promised_method TEXT,
    counts_in BIGINT REFERENCES appeals (id),
    was_minor BIGINT,
    was_appeal_id BIGINT REFERENCES appeals (id)
);
INSERT INTO donation_events_new
SELECT id, donation_id, key, fingerprint, kind, amount_minor, entry, reason, recorded_at, recorded_by, request_id,
    promised_minor, promised_method, counts_in, NULL, NULL
FROM donation_events;
DROP TABLE donation_events;
ALTER TABLE donation_events_new RENAME TO donation_events;
CREATE INDEX donation_events_donation ON donation_events (donation_id);
CREATE INDEX donation_events_counts_in ON donation_events (counts_in) WHERE counts_in IS NOT NULL;
