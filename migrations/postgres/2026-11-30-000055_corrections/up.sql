-- What of other appeals' gifts went back while this one was open, and so lowered it.
ALTER TABLE appeal_totals ADD COLUMN adjusted_minor BIGINT NOT NULL DEFAULT 0;
UPDATE appeal_totals SET adjusted_minor = (
    SELECT CAST(COALESCE(SUM(e.amount_minor), 0) AS BIGINT)
    FROM donation_events e JOIN donations d ON d.id = e.donation_id
    WHERE e.counts_in = appeal_totals.appeal_id AND d.appeal_id <> e.counts_in
);

-- A gift that was entered with another amount or for another fund is corrected; what it was before is kept.
ALTER TABLE donation_events DROP CONSTRAINT donation_events_kind_check;
ALTER TABLE donation_events ADD CONSTRAINT donation_events_kind_check
CHECK (kind IN ('received', 'refunded', 'bounced', 'cancelled', 'resent', 'taken_back', 'corrected'));
ALTER TABLE donation_events ADD COLUMN was_minor BIGINT;
ALTER TABLE donation_events ADD COLUMN was_appeal_id BIGINT REFERENCES appeals (id);
