-- Double entry. Rows of entries and postings are inserted and never touched again.
--
-- The tables that every gift fills have no foreign keys to rows that the same transaction makes: on PostgreSQL these
-- checks cost more than all the inserts together. `verify` proves instead that nothing stands alone.

CREATE TABLE accounts (
    id INTEGER PRIMARY KEY NOT NULL,
    name TEXT NOT NULL,
    currency TEXT NOT NULL,
    UNIQUE (name, currency)
);

CREATE TABLE entries (
    number INTEGER PRIMARY KEY NOT NULL,
    effective_on DATE NOT NULL,
    recorded_at TIMESTAMP NOT NULL,
    kind TEXT NOT NULL,
    -- The public reference of what caused it. Never a name or an address: it is hashed.
    subject TEXT NOT NULL,
    -- The earlier entry that this one takes back, in part or whole.
    corrects BIGINT REFERENCES entries (number),
    hash BLOB NOT NULL
);

CREATE TABLE postings (
    entry BIGINT NOT NULL,
    line BIGINT NOT NULL,
    account_id BIGINT NOT NULL,
    -- Debit is positive, credit negative; the lines of an entry sum to nothing.
    amount_minor BIGINT NOT NULL CHECK (amount_minor <> 0),
    appeal_id BIGINT,
    PRIMARY KEY (entry, line)
) WITHOUT ROWID;

-- One row an account and day, so that a balance at any date reads days and not postings.
CREATE TABLE account_days (
    account_id BIGINT NOT NULL REFERENCES accounts (id),
    day DATE NOT NULL,
    debit_minor BIGINT NOT NULL,
    credit_minor BIGINT NOT NULL,
    PRIMARY KEY (account_id, day)
) WITHOUT ROWID;

CREATE TRIGGER entries_are_never_changed BEFORE UPDATE ON entries
BEGIN SELECT RAISE(ABORT, 'an entry is never changed'); END;
CREATE TRIGGER entries_are_never_deleted BEFORE DELETE ON entries
BEGIN SELECT RAISE(ABORT, 'an entry is never deleted'); END;
CREATE TRIGGER postings_are_never_changed BEFORE UPDATE ON postings
BEGIN SELECT RAISE(ABORT, 'a posting is never changed'); END;
CREATE TRIGGER postings_are_never_deleted BEFORE DELETE ON postings
BEGIN SELECT RAISE(ABORT, 'a posting is never deleted'); END;
