-- What the bank says happened on our account, line by line.

CREATE TABLE statements (
    id INTEGER PRIMARY KEY NOT NULL,
    format TEXT NOT NULL,
    file_name TEXT NOT NULL,
    -- SHA-256 of the file, and which statement of the file it is: one file may hold many.
    digest BLOB NOT NULL,
    part BIGINT NOT NULL,
    -- The bank's own number of the statement; empty where it gives none.
    bank_number TEXT NOT NULL,
    -- Sort code and account number, or IBAN, as the file or the settings have it.
    account TEXT NOT NULL,
    currency TEXT NOT NULL,
    from_on DATE NOT NULL,
    until_on DATE NOT NULL,
    opening_minor BIGINT,
    closing_minor BIGINT,
    -- Lines that it brought, and lines that an earlier one had brought already.
    lines BIGINT NOT NULL,
    known BIGINT NOT NULL,
    imported_at TIMESTAMP NOT NULL,
    imported_by TEXT NOT NULL,
    request_id TEXT NOT NULL,
    UNIQUE (digest, part),
    CHECK (from_on <= until_on)
);

CREATE INDEX statements_until_on ON statements (until_on, id);

CREATE TABLE statement_lines (
    id INTEGER PRIMARY KEY NOT NULL,
    statement_id BIGINT NOT NULL REFERENCES statements (id),
    -- As a person counts rows of the file.
    line BIGINT NOT NULL,
    booked_on DATE NOT NULL,
    -- A credit is positive.
    amount_minor BIGINT NOT NULL CHECK (amount_minor <> 0),
    kind TEXT NOT NULL,
    payer TEXT NOT NULL,
    payer_account TEXT NOT NULL,
    reference TEXT NOT NULL,
    description TEXT NOT NULL,
    -- The bank's number of the line; empty where it gives none.
    bank_id TEXT NOT NULL,
    -- The same line in another file has the same: SHA-256 of day, amount, texts or number, and how many such before it.
    identity BLOB NOT NULL UNIQUE,
    balance_minor BIGINT,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'done'))
);

CREATE INDEX statement_lines_booked_on ON statement_lines (booked_on, id);
CREATE INDEX statement_lines_statement ON statement_lines (statement_id, booked_on, id);
-- The queue: short, however many lines there ever were.
CREATE INDEX statement_lines_waiting ON statement_lines (booked_on, id) WHERE state = 'waiting';

-- Lines of a statement that an earlier one had brought.
CREATE TABLE statement_overlaps (
    statement_id BIGINT NOT NULL REFERENCES statements (id),
    line_id BIGINT NOT NULL REFERENCES statement_lines (id),
    PRIMARY KEY (statement_id, line_id)
);

-- What the columns of a bank's CSV files mean, recognised by their header.
CREATE TABLE statement_layouts (
    id INTEGER PRIMARY KEY NOT NULL,
    name TEXT NOT NULL UNIQUE,
    heading_digest BLOB NOT NULL,
    mapping TEXT NOT NULL,
    saved_at TIMESTAMP NOT NULL,
    saved_by TEXT NOT NULL
);

CREATE INDEX statement_layouts_heading ON statement_layouts (heading_digest, id);

-- Files that were sent and not yet recorded, so that nobody has to send them twice. Gone after a day.
CREATE TABLE statement_uploads (
    id TEXT PRIMARY KEY NOT NULL,
    file_name TEXT NOT NULL,
    content BLOB NOT NULL,
    mapping TEXT NOT NULL,
    uploaded_at TIMESTAMP NOT NULL,
    uploaded_by TEXT NOT NULL
);
