-- Money that arrived, and what it is for.

CREATE TABLE allocations (
    id INTEGER PRIMARY KEY NOT NULL,
    -- The money: a row of a batch of the post, or a line of a bank statement.
    source TEXT NOT NULL CHECK (source IN ('batch_row', 'statement_line')),
    source_id BIGINT NOT NULL,
    -- As the money: in is positive, out negative.
    amount_minor BIGINT NOT NULL CHECK (amount_minor <> 0),
    purpose TEXT NOT NULL CHECK (purpose IN ('gift', 'promise', 'shares', 'account', 'unallocated', 'known')),
    -- The reference of the gift or application, the account's name, or the entry's number.
    subject TEXT NOT NULL,
    note TEXT NOT NULL,
    entry BIGINT NOT NULL,
    made_at TIMESTAMP NOT NULL,
    made_by TEXT NOT NULL,
    request_id TEXT NOT NULL,
    undone_at TIMESTAMP,
    undone_by TEXT,
    undone_reason TEXT,
    -- The entry that took it back; none where nothing had been posted.
    undone_entry BIGINT
);

CREATE INDEX allocations_source ON allocations (source, source_id);
CREATE INDEX allocations_entry ON allocations (entry);

-- The account that has the money, once a payment or a paying-in slip says so; otherwise it is the one of the method.
ALTER TABLE donations ADD COLUMN held_in TEXT;
ALTER TABLE share_payments ADD COLUMN held_in TEXT;
-- The entry of the payment that this one takes back, because it was entered by mistake.
ALTER TABLE share_payments ADD COLUMN takes_back BIGINT;
CREATE INDEX share_payments_entry ON share_payments (entry);

-- Cheques that nobody has paid in, so that the list of them does not read every gift.
CREATE INDEX donations_in_hand ON donations (received_on, id)
WHERE method = 'cheque' AND status = 'received' AND held_in IS NULL;
CREATE INDEX share_payments_in_hand ON share_payments (received_on, id)
WHERE method = 'cheque' AND held_in IS NULL;

-- A gift can be taken back as if it had never been entered. SQLite widens a CHECK by building the table anew.
CREATE TABLE donation_events_new (
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
    -- What was promised, and by which way, before the money came.
    promised_minor BIGINT,
    promised_method TEXT
);
INSERT INTO donation_events_new
SELECT id, donation_id, key, fingerprint, kind, amount_minor, entry, reason, recorded_at, recorded_by, request_id, NULL, NULL
FROM donation_events;
DROP TABLE donation_events;
ALTER TABLE donation_events_new RENAME TO donation_events;
CREATE INDEX donation_events_donation ON donation_events (donation_id);
