-- What the matching of statement lines remembers.

CREATE TABLE payers (
    id INTEGER PRIMARY KEY NOT NULL,
    -- As the bank names them, without accidents of case and spacing; empty where the bank tells only the account.
    name TEXT NOT NULL,
    -- Letters and figures of their account; empty where the bank does not tell.
    account TEXT NOT NULL,
    -- What their money was for.
    purpose TEXT NOT NULL CHECK (purpose IN ('gift', 'account', 'payout')),
    -- The last gift: its giver, fund and wishes are taken over.
    donation_id BIGINT REFERENCES donations (id),
    method TEXT NOT NULL,
    ledger_account TEXT NOT NULL,
    note TEXT NOT NULL,
    -- How much it was the last time, and how many times somebody said so.
    amount_minor BIGINT NOT NULL,
    times BIGINT NOT NULL CHECK (times > 0),
    -- The line that taught it last; when that is undone, it is taught no more.
    line_id BIGINT NOT NULL REFERENCES statement_lines (id),
    remembered_at TIMESTAMP NOT NULL,
    remembered_by TEXT NOT NULL,
    UNIQUE (name, account)
);

CREATE INDEX payers_line ON payers (line_id);

CREATE TABLE bank_settings (
    id INTEGER PRIMARY KEY NOT NULL CHECK (id = 1),
    -- Whether certain matches are posted with nobody looking.
    posts_certain BOOLEAN NOT NULL
);

INSERT INTO bank_settings (id, posts_certain) VALUES (1, 0);

-- What was left unallocated, so that the list of it does not read every allocation.
CREATE INDEX allocations_unallocated ON allocations (source, source_id) WHERE purpose = 'unallocated' AND undone_at IS NULL;
