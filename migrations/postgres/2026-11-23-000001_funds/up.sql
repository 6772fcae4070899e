-- What money is raised for, and the periods it is raised in.

CREATE TABLE society (
    id BIGINT PRIMARY KEY NOT NULL CHECK (id = 1),
    name TEXT NOT NULL,
    address TEXT NOT NULL,
    registration TEXT NOT NULL,
    charity_sentence TEXT NOT NULL,
    contact_email TEXT NOT NULL,
    bank_account_name TEXT NOT NULL,
    bank_sort_code TEXT NOT NULL,
    bank_account_number TEXT NOT NULL,
    cheques_payable_to TEXT NOT NULL
);

-- Random keys of this installation: they sign links and never leave.
CREATE TABLE secrets (
    name TEXT PRIMARY KEY NOT NULL,
    value BYTEA NOT NULL
);

CREATE TABLE funds (
    id BIGINT PRIMARY KEY NOT NULL,
    slug TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL,
    currency TEXT NOT NULL,
    zone TEXT NOT NULL,
    rhythm TEXT NOT NULL CHECK (rhythm IN ('monthly', 'one_off')),
    -- The target of appeals still to be opened.
    target_minor BIGINT NOT NULL CHECK (target_minor > 0),
    carry TEXT NOT NULL CHECK (carry IN ('none', 'shortfall', 'both')),
    -- "mon,tue,wed,thu,fri,sat", or empty when the paper does not count them.
    publication_days TEXT NOT NULL,
    -- The largest single gift taken without asking first.
    ceiling_minor BIGINT NOT NULL CHECK (ceiling_minor > 0),
    created_at TIMESTAMP NOT NULL
);

CREATE TABLE appeals (
    id BIGINT PRIMARY KEY NOT NULL,
    fund_id BIGINT NOT NULL REFERENCES funds (id),
    name TEXT NOT NULL,
    opens_on DATE NOT NULL,
    deadline_on DATE NOT NULL,
    -- "18:00:00" when the deadline has a time of day; otherwise it is the end of the day.
    deadline_time TEXT,
    target_minor BIGINT NOT NULL CHECK (target_minor > 0),
    -- Added to the target: a shortfall is positive, a surplus negative.
    carried_minor BIGINT NOT NULL,
    carried_from BIGINT REFERENCES appeals (id),
    -- Set when the treasurer closes the books of the appeal; from then on it does not move.
    closed_at TIMESTAMP,
    UNIQUE (fund_id, name)
);

-- Every change of a target, a deadline or a carried amount.
CREATE TABLE appeal_changes (
    id BIGINT PRIMARY KEY NOT NULL,
    appeal_id BIGINT NOT NULL REFERENCES appeals (id),
    changed_at TIMESTAMP NOT NULL,
    changed_by TEXT NOT NULL,
    field TEXT NOT NULL,
    old_value TEXT NOT NULL,
    new_value TEXT NOT NULL,
    reason TEXT NOT NULL
);

CREATE INDEX appeal_changes_appeal ON appeal_changes (appeal_id);

-- The public figure, moved in the same transaction as the postings it sums up.
CREATE TABLE appeal_totals (
    appeal_id BIGINT PRIMARY KEY NOT NULL REFERENCES appeals (id),
    raised_minor BIGINT NOT NULL,
    donations BIGINT NOT NULL,
    -- The last entry that moved it, and that entry's hash.
    entry BIGINT NOT NULL,
    hash BYTEA NOT NULL
);
