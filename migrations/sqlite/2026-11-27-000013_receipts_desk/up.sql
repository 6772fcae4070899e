-- The receipts desk: letters that came back, letters for the post, statements of a year, the watch over receipts.

-- Where a letter on paper goes, one line a line; empty for whoever left none. Never inside anything that is hashed.
ALTER TABLE supporters ADD COLUMN address TEXT NOT NULL DEFAULT '';
-- The supporter that this one turned out to be, when an address was corrected; their gifts stand there.
ALTER TABLE supporters ADD COLUMN same_as BIGINT;
-- Those who gave a name and no way to write to them, so that the desk finds them at once.
CREATE INDEX supporters_unreachable ON supporters (id)
    WHERE email IS NULL AND address = '' AND name <> '' AND same_as IS NULL;

-- When a mail that the server had taken came back.
ALTER TABLE deliveries ADD COLUMN returned_at TIMESTAMP;

-- How far the receipts of each year are proved: no number is missing, and whoever can be written to has a letter.
CREATE TABLE receipt_proofs (
    year INTEGER PRIMARY KEY NOT NULL,
    -- Proved up to this number.
    number BIGINT NOT NULL,
    -- The first number that is not there.
    gap BIGINT,
    -- Receipts without their letter, and the donation of the first.
    unsent BIGINT NOT NULL,
    first_unsent BIGINT,
    proved_at TIMESTAMP NOT NULL
);

-- A year's statement for everybody: first counted, then queued, a step at a time.
CREATE TABLE statement_runs (
    id INTEGER PRIMARY KEY NOT NULL,
    year BIGINT NOT NULL,
    -- Whether those who have one get it again.
    again BOOLEAN NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('counting', 'counted', 'queueing', 'done', 'dropped')),
    -- The last supporter of the step that was done.
    after_supporter BIGINT NOT NULL,
    mail BIGINT NOT NULL,
    post BIGINT NOT NULL,
    unreachable BIGINT NOT NULL,
    had_it BIGINT NOT NULL,
    queued BIGINT NOT NULL,
    asked_at TIMESTAMP NOT NULL,
    asked_by TEXT NOT NULL,
    finished_at TIMESTAMP
);

CREATE INDEX statement_runs_open ON statement_runs (id) WHERE state IN ('counting', 'queueing');
