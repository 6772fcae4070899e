-- What the register keeps besides shares: a book of notes in which each change stands and may be taken back, meetings
-- with who voted, and the moments that the view "as known" asks for.

-- The book of notes: every deed of the register that moves no shares. Never changed; what was entered in error is taken
-- back by another note that names it.
CREATE TABLE share_notes (
    number INTEGER PRIMARY KEY NOT NULL,
    -- "death", "nomination", ... or "taken_back".
    kind TEXT NOT NULL,
    -- Whom it is about; none for officers, suspensions and meetings.
    holder_id BIGINT,
    -- The row that it made or changed, in the table of its kind.
    row_id BIGINT NOT NULL,
    -- The row whose place it took: the nomination that was varied, the section before.
    before_id BIGINT,
    effective_on DATE NOT NULL,
    reason TEXT NOT NULL,
    minute TEXT NOT NULL,
    -- The note that it takes back.
    reverses BIGINT UNIQUE,
    -- What it posted in the ledger.
    entry BIGINT,
    recorded_at TIMESTAMP NOT NULL,
    recorded_by TEXT NOT NULL,
    request_id TEXT NOT NULL
);

CREATE INDEX share_notes_holder ON share_notes (holder_id, number);
CREATE INDEX share_notes_kind ON share_notes (kind, number);
CREATE INDEX share_notes_row ON share_notes (row_id);

-- A death that was noted in error is taken back, and another may be noted.
CREATE TABLE share_deaths_before AS SELECT * FROM share_deaths;
DROP TABLE share_deaths;
CREATE TABLE share_deaths (
    id INTEGER PRIMARY KEY NOT NULL,
    holder_id BIGINT NOT NULL REFERENCES holders (id),
    died_on DATE NOT NULL,
    told_on DATE NOT NULL,
    proof TEXT NOT NULL,
    taken_back_at TIMESTAMP,
    recorded_at TIMESTAMP NOT NULL,
    recorded_by TEXT NOT NULL
);
CREATE UNIQUE INDEX share_deaths_once ON share_deaths (holder_id) WHERE taken_back_at IS NULL;
INSERT INTO share_deaths (id, holder_id, died_on, told_on, proof, recorded_at, recorded_by)
SELECT row_number() OVER (ORDER BY recorded_at, holder_id), holder_id, died_on, told_on, proof, recorded_at, recorded_by
FROM share_deaths_before;
DROP TABLE share_deaths_before;

-- The nomination that it varies, and when it was taken back.
ALTER TABLE share_nominations ADD COLUMN varies BIGINT;
ALTER TABLE share_nominations ADD COLUMN taken_back_at TIMESTAMP;
ALTER TABLE holder_particulars ADD COLUMN taken_back_at TIMESTAMP;
ALTER TABLE share_suspensions ADD COLUMN taken_back_at TIMESTAMP;
-- When the last day was noted.
ALTER TABLE share_officers ADD COLUMN ended_at TIMESTAMP;
ALTER TABLE share_officers ADD COLUMN taken_back_at TIMESTAMP;
UPDATE share_officers SET ended_at = recorded_at WHERE until_on IS NOT NULL;

-- The moments at which a certificate was issued and cancelled, for the register as it was known.
ALTER TABLE share_certificates ADD COLUMN issued_at TIMESTAMP NOT NULL DEFAULT '1970-01-01 00:00:00';
ALTER TABLE share_certificates ADD COLUMN cancelled_at TIMESTAMP;
UPDATE share_certificates SET
    issued_at = COALESCE((SELECT recorded_at FROM share_events WHERE number = issued_event), issued_at),
    cancelled_at = (SELECT recorded_at FROM share_events WHERE number = cancelled_event);
UPDATE share_certificates SET issued_at = issued_on || ' 00:00:00' WHERE replaces IN
    (SELECT number FROM share_certificates WHERE cancelled_on IS NOT NULL AND cancelled_event IS NULL);
UPDATE share_certificates SET cancelled_at = cancelled_on || ' 00:00:00' WHERE cancelled_on IS NOT NULL AND cancelled_at IS NULL;

-- A certificate that was cancelled in error is in force again.
CREATE TABLE share_reinstatements (
    certificate BIGINT NOT NULL REFERENCES share_certificates (number),
    cancelled_on DATE NOT NULL,
    cancelled_at TIMESTAMP NOT NULL,
    reinstated_at TIMESTAMP NOT NULL,
    PRIMARY KEY (certificate, reinstated_at)
);

-- Where the deed is kept that came of a proposal.
ALTER TABLE share_proposals ADD COLUMN place TEXT;

-- Interest that is added to the holding: whole shares, and the rest paid.
ALTER TABLE share_interest_runs ADD COLUMN is_added BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE share_interest_lines ADD COLUMN shares BIGINT NOT NULL DEFAULT 0;

-- All that a holder has today, of every class; the book says the same.
ALTER TABLE holders ADD COLUMN shares_held BIGINT NOT NULL DEFAULT 0;
UPDATE holders SET shares_held = COALESCE((SELECT SUM(shares) FROM share_lines WHERE holder_id = holders.id), 0);
CREATE INDEX holders_with_shares ON holders (id) WHERE shares_held > 0;

-- All that is held of a class today; the book says the same.
ALTER TABLE share_classes ADD COLUMN shares_held BIGINT NOT NULL DEFAULT 0;
ALTER TABLE share_classes ADD COLUMN paid_minor BIGINT NOT NULL DEFAULT 0;
UPDATE share_classes SET
    shares_held = COALESCE((SELECT SUM(shares) FROM share_lines WHERE holder_id IS NOT NULL AND class_id = share_classes.id), 0),
    paid_minor = COALESCE((SELECT SUM(paid_minor) FROM share_lines WHERE holder_id IS NOT NULL AND class_id = share_classes.id), 0);

-- A meeting of members, with the roll as it was known when it was opened.
CREATE TABLE share_meetings (
    id INTEGER PRIMARY KEY NOT NULL,
    name TEXT NOT NULL,
    -- Who is a member at the end of this day may vote.
    record_on DATE NOT NULL,
    known_at TIMESTAMP NOT NULL,
    known_event BIGINT NOT NULL,
    -- Votes on the roll.
    votes BIGINT NOT NULL,
    taken_back_at TIMESTAMP,
    recorded_at TIMESTAMP NOT NULL,
    recorded_by TEXT NOT NULL
);

-- Where it is held: once, or in each section.
CREATE TABLE share_sittings (
    id INTEGER PRIMARY KEY NOT NULL,
    meeting_id BIGINT NOT NULL REFERENCES share_meetings (id),
    -- None is everybody.
    section_id BIGINT,
    held_on DATE NOT NULL,
    place TEXT NOT NULL,
    recorded_at TIMESTAMP NOT NULL,
    recorded_by TEXT NOT NULL,
    UNIQUE (meeting_id, section_id)
);

-- Who came to a meeting, and whether they voted.
CREATE TABLE share_votes (
    id INTEGER PRIMARY KEY NOT NULL,
    meeting_id BIGINT NOT NULL REFERENCES share_meetings (id),
    sitting_id BIGINT NOT NULL REFERENCES share_sittings (id),
    holder_id BIGINT NOT NULL REFERENCES holders (id),
    has_voted BOOLEAN NOT NULL,
    -- Who came: the member, the first of joint holders, the representative.
    voter TEXT NOT NULL,
    recorded_at TIMESTAMP NOT NULL,
    recorded_by TEXT NOT NULL,
    taken_back_at TIMESTAMP,
    taken_back_by TEXT,
    taken_back_reason TEXT NOT NULL
);

-- Nobody comes twice, to whichever section's meeting.
CREATE UNIQUE INDEX share_votes_once ON share_votes (meeting_id, holder_id) WHERE taken_back_at IS NULL;
CREATE INDEX share_votes_sitting ON share_votes (sitting_id, id);
CREATE INDEX share_votes_holder ON share_votes (holder_id);

-- A notice that was taken back is none.
CREATE TABLE share_withdrawals_new (
    id INTEGER PRIMARY KEY NOT NULL,
    holder_id BIGINT NOT NULL REFERENCES holders (id),
    class_id BIGINT NOT NULL REFERENCES share_classes (id),
    shares BIGINT NOT NULL CHECK (shares > 0),
    amount_minor BIGINT NOT NULL CHECK (amount_minor > 0),
    notice_given_on DATE NOT NULL,
    due_on DATE NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('notice_given', 'agreed', 'refused', 'paid', 'taken_back')),
    recorded_at TIMESTAMP NOT NULL,
    recorded_by TEXT NOT NULL,
    decided_at TIMESTAMP,
    decided_by TEXT,
    reason TEXT NOT NULL,
    minute TEXT NOT NULL,
    -- The withdrawal in the book.
    event BIGINT,
    paid_on DATE,
    paid_entry BIGINT
);
INSERT INTO share_withdrawals_new SELECT * FROM share_withdrawals;
DROP TABLE share_withdrawals;
ALTER TABLE share_withdrawals_new RENAME TO share_withdrawals;
CREATE INDEX share_withdrawals_status ON share_withdrawals (status, notice_given_on, id);
CREATE INDEX share_withdrawals_holder ON share_withdrawals (holder_id);

-- What was done before there was this book.
INSERT INTO share_notes (number, kind, holder_id, row_id, effective_on, reason, minute, entry, recorded_at, recorded_by, request_id)
SELECT row_number() OVER (ORDER BY recorded_at, kind, row_id), kind, holder_id, row_id, effective_on, reason, minute, entry,
    recorded_at, recorded_by, ''
FROM (
    SELECT 'death' AS kind, holder_id, id AS row_id, died_on AS effective_on, proof AS reason, '' AS minute, CAST(NULL AS BIGINT) AS entry, recorded_at, recorded_by FROM share_deaths
    UNION ALL SELECT 'nomination', holder_id, id, made_on, '', '', NULL, recorded_at, recorded_by FROM share_nominations
    UNION ALL SELECT 'revocation', holder_id, id, revoked_on, revoked_reason, '', NULL, recorded_at, recorded_by FROM share_nominations WHERE revoked_on IS NOT NULL
    UNION ALL SELECT 'particulars', holder_id, id, valid_from, reason, '', NULL, recorded_at, recorded_by FROM holder_particulars AS said
        WHERE id > (SELECT MIN(id) FROM holder_particulars AS first WHERE first.holder_id = said.holder_id)
    UNION ALL SELECT 'suspension', NULL, id, from_on, reason, minute, NULL, recorded_at, recorded_by FROM share_suspensions
    UNION ALL SELECT 'resumption', NULL, id, lifted_on, lifted_reason, '', NULL, recorded_at, COALESCE(lifted_by, recorded_by) FROM share_suspensions WHERE lifted_on IS NOT NULL
    UNION ALL SELECT 'office', NULL, id, from_on, '', '', NULL, recorded_at, recorded_by FROM share_officers
    UNION ALL SELECT 'departure', NULL, id, until_on, '', '', NULL, recorded_at, recorded_by FROM share_officers WHERE until_on IS NOT NULL
    UNION ALL SELECT 'withdrawal_refused', holder_id, id, date(decided_at), reason, minute, NULL, decided_at, COALESCE(decided_by, recorded_by) FROM share_withdrawals WHERE status = 'refused'
    UNION ALL SELECT 'withdrawal_paid', holder_id, id, paid_on, '', '', paid_entry, decided_at, COALESCE(decided_by, recorded_by) FROM share_withdrawals WHERE status = 'paid'
    UNION ALL SELECT 'application_refused', holder_id, id, date(decided_at), reason, minute, NULL, decided_at, COALESCE(decided_by, recorded_by) FROM share_applications WHERE status = 'refused'
) AS done;

CREATE TRIGGER share_notes_are_never_changed BEFORE UPDATE ON share_notes
BEGIN SELECT RAISE(ABORT, 'a note of the register is never changed'); END;
CREATE TRIGGER share_notes_are_never_deleted BEFORE DELETE ON share_notes
BEGIN SELECT RAISE(ABORT, 'a note of the register is never deleted'); END;
