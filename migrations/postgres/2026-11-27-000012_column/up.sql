-- The month's end and the column: what a gift commemorates, where money counts that goes back after its month was
-- closed, and proofs of the books that were asked for at the desk.

ALTER TABLE donations ADD COLUMN in_memory_of TEXT NOT NULL DEFAULT '';
-- True when the giver agreed that the paper may print it.
ALTER TABLE donations ADD COLUMN memory_in_print BOOLEAN NOT NULL DEFAULT FALSE;

-- The appeal whose total fell when money went back: the gift's own, or the open one where that was closed by then.
ALTER TABLE donation_events ADD COLUMN counts_in BIGINT REFERENCES appeals (id);
UPDATE donation_events
SET counts_in = (SELECT appeal_id FROM donations WHERE donations.id = donation_id)
WHERE kind IN ('refunded', 'bounced');
CREATE INDEX donation_events_counts_in ON donation_events (counts_in) WHERE counts_in IS NOT NULL;

-- What `verify` said when a treasurer asked for it, and the entry up to which it read.
CREATE TABLE book_proofs (
    id BIGINT PRIMARY KEY NOT NULL,
    entry BIGINT NOT NULL,
    hash BYTEA NOT NULL,
    checks BIGINT NOT NULL,
    -- What was wrong; empty when every check held.
    fault TEXT NOT NULL,
    proved_at TIMESTAMP NOT NULL,
    proved_by TEXT NOT NULL,
    request_id TEXT NOT NULL
);
