DROP TABLE share_votes;
DROP TABLE share_sittings;
DROP TABLE share_meetings;
DROP TABLE share_reinstatements;
DROP TABLE share_notes;
DROP INDEX holders_with_shares;
ALTER TABLE share_classes DROP COLUMN paid_minor;
ALTER TABLE share_classes DROP COLUMN shares_held;
ALTER TABLE holders DROP COLUMN shares_held;
ALTER TABLE share_interest_lines DROP COLUMN shares;
ALTER TABLE share_interest_runs DROP COLUMN is_added;
ALTER TABLE share_proposals DROP COLUMN place;
ALTER TABLE share_certificates DROP COLUMN cancelled_at;
ALTER TABLE share_certificates DROP COLUMN issued_at;
ALTER TABLE share_officers DROP COLUMN taken_back_at;
ALTER TABLE share_officers DROP COLUMN ended_at;
ALTER TABLE share_suspensions DROP COLUMN taken_back_at;
ALTER TABLE holder_particulars DROP COLUMN taken_back_at;
ALTER TABLE share_nominations DROP COLUMN taken_back_at;
ALTER TABLE share_nominations DROP COLUMN varies;
CREATE TABLE share_deaths_before AS SELECT * FROM share_deaths WHERE taken_back_at IS NULL;
DROP TABLE share_deaths;
CREATE TABLE share_deaths (
    holder_id BIGINT PRIMARY KEY NOT NULL REFERENCES holders (id),
    died_on DATE NOT NULL,
    told_on DATE NOT NULL,
    proof TEXT NOT NULL,
    recorded_at TIMESTAMP NOT NULL,
    recorded_by TEXT NOT NULL
);
INSERT INTO share_deaths SELECT holder_id, died_on, told_on, proof, recorded_at, recorded_by FROM share_deaths_before;
DROP TABLE share_deaths_before;
CREATE TABLE share_withdrawals_new (
    id INTEGER PRIMARY KEY NOT NULL,
    holder_id BIGINT NOT NULL REFERENCES holders (id),
    class_id BIGINT NOT NULL REFERENCES share_classes (id),
    shares BIGINT NOT NULL CHECK (shares > 0),
    amount_minor BIGINT NOT NULL CHECK (amount_minor > 0),
    notice_given_on DATE NOT NULL,
    due_on DATE NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('notice_given', 'agreed', 'refused', 'paid')),
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
INSERT INTO share_withdrawals_new SELECT * FROM share_withdrawals WHERE status <> 'taken_back';
DROP TABLE share_withdrawals;
ALTER TABLE share_withdrawals_new RENAME TO share_withdrawals;
CREATE INDEX share_withdrawals_status ON share_withdrawals (status, notice_given_on, id);
CREATE INDEX share_withdrawals_holder ON share_withdrawals (holder_id);
