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
DELETE FROM share_withdrawals WHERE status = 'taken_back';
ALTER TABLE share_withdrawals DROP CONSTRAINT share_withdrawals_status_check;
ALTER TABLE share_withdrawals ADD CONSTRAINT share_withdrawals_status_check CHECK (status IN ('notice_given', 'agreed', 'refused', 'paid'));
