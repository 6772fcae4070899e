-- Batches of the post, counted against a control total, and the slips with which cheques and cash go to the bank.

CREATE TABLE batch_settings (
    id BIGINT PRIMARY KEY NOT NULL CHECK (id = 1),
    -- Whoever counted a batch may not be the one who checks it, and no batch is posted unchecked.
    needs_two BOOLEAN NOT NULL
);
INSERT INTO batch_settings VALUES (1, FALSE);

CREATE TABLE batches (
    id BIGINT PRIMARY KEY NOT NULL,
    -- One form makes one batch.
    key TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL CHECK (kind IN ('cheques', 'cash', 'card_slips')),
    state TEXT NOT NULL CHECK (state IN ('open', 'posted', 'reversed', 'discarded')),
    fund_id BIGINT NOT NULL REFERENCES funds (id),
    received_on DATE NOT NULL,
    -- What was counted before anything was typed.
    control_minor BIGINT NOT NULL CHECK (control_minor > 0),
    control_count BIGINT NOT NULL CHECK (control_count > 0),
    note TEXT NOT NULL,
    counted_by TEXT NOT NULL,
    opened_at TIMESTAMP NOT NULL,
    request_id TEXT NOT NULL,
    -- The second pair of eyes; gone again when a row changes.
    checked_by TEXT,
    checked_at TIMESTAMP,
    -- When it was posted or discarded, and by whom.
    closed_by TEXT,
    closed_at TIMESTAMP,
    reversed_by TEXT,
    reversed_at TIMESTAMP,
    reversed_reason TEXT
);

CREATE INDEX batches_open ON batches (id) WHERE state = 'open';

CREATE TABLE batch_rows (
    id BIGINT PRIMARY KEY NOT NULL,
    batch_id BIGINT NOT NULL REFERENCES batches (id),
    key TEXT NOT NULL UNIQUE,
    line BIGINT NOT NULL,
    amount_minor BIGINT NOT NULL CHECK (amount_minor > 0),
    received_on DATE NOT NULL,
    name TEXT NOT NULL,
    email TEXT,
    acknowledge_as TEXT NOT NULL,
    anonymous BOOLEAN NOT NULL,
    note TEXT NOT NULL,
    -- The promised gift that this is.
    donation_id BIGINT,
    -- What of it is for shares, and for which application.
    shares_minor BIGINT NOT NULL CHECK (shares_minor >= 0),
    application_id BIGINT,
    -- What of it is other income, and its account.
    other_minor BIGINT NOT NULL CHECK (other_minor >= 0),
    other_account TEXT NOT NULL,
    entered_at TIMESTAMP NOT NULL,
    entered_by TEXT NOT NULL,
    -- A cheque that is here and was not paid in.
    in_hand BOOLEAN NOT NULL,
    CHECK (shares_minor + other_minor <= amount_minor)
);

CREATE INDEX batch_rows_batch ON batch_rows (batch_id, line);
CREATE INDEX batch_rows_in_hand ON batch_rows (received_on, id) WHERE in_hand;

CREATE TABLE paying_slips (
    id BIGINT PRIMARY KEY NOT NULL,
    key TEXT NOT NULL UNIQUE,
    -- As it is printed in the paying-in book, and on the bank's statement.
    number TEXT NOT NULL,
    paid_in_on DATE NOT NULL,
    currency TEXT NOT NULL,
    cheques BIGINT NOT NULL,
    cheques_minor BIGINT NOT NULL CHECK (cheques_minor >= 0),
    cash_minor BIGINT NOT NULL CHECK (cash_minor >= 0),
    entry BIGINT NOT NULL,
    made_at TIMESTAMP NOT NULL,
    made_by TEXT NOT NULL,
    request_id TEXT NOT NULL,
    undone_at TIMESTAMP,
    undone_by TEXT,
    undone_reason TEXT,
    undone_entry BIGINT
);

CREATE INDEX paying_slips_paid_in ON paying_slips (paid_in_on, id);

CREATE TABLE paying_slip_items (
    slip_id BIGINT NOT NULL REFERENCES paying_slips (id),
    -- A row of a batch, or a gift or a payment for shares that was entered by itself.
    kind TEXT NOT NULL CHECK (kind IN ('row', 'gift', 'shares')),
    item_id BIGINT NOT NULL,
    amount_minor BIGINT NOT NULL CHECK (amount_minor > 0),
    -- It came back from the bank unpaid.
    bounced BOOLEAN NOT NULL,
    undone BOOLEAN NOT NULL,
    PRIMARY KEY (slip_id, kind, item_id)
);

-- A cheque stands on one slip at most.
CREATE UNIQUE INDEX paying_slip_items_once ON paying_slip_items (kind, item_id) WHERE NOT undone;
