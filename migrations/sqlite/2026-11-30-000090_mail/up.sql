-- Mail that comes back, letters that are not needed any more, to whom a letter went, standing-order forms, reminders.

-- A letter may be dropped: its reason is gone. SQLite changes no condition of a table, so the table is made anew.
CREATE TABLE deliveries_new (
    id INTEGER PRIMARY KEY NOT NULL,
    kind TEXT NOT NULL,
    -- What it is about; the kind says whether that is a donation, an application, an event of the register...
    subject_id BIGINT NOT NULL,
    -- What happened to it: a refund, a bounce, a holder's side of an event.
    event_id BIGINT,
    recipient TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('queued', 'sending', 'sent', 'failed', 'post', 'dropped')),
    attempts BIGINT NOT NULL,
    due_at TIMESTAMP NOT NULL,
    last_error TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    sent_at TIMESTAMP,
    returned_at TIMESTAMP,
    settled_at TIMESTAMP,
    -- The name and the postal address that it went to, as they were then; none before it left.
    went_to_name TEXT,
    went_to_address TEXT
);
INSERT INTO deliveries_new
    SELECT id, kind, subject_id, event_id, recipient, state, attempts, due_at, last_error, created_at, sent_at,
           returned_at, settled_at, NULL, NULL
    FROM deliveries;
DROP TABLE deliveries;
ALTER TABLE deliveries_new RENAME TO deliveries;
CREATE INDEX deliveries_due ON deliveries (due_at) WHERE state IN ('queued', 'sending');
CREATE INDEX deliveries_failed ON deliveries (id) WHERE state = 'failed' AND settled_at IS NULL;
CREATE INDEX deliveries_subject ON deliveries (subject_id);
CREATE INDEX deliveries_post ON deliveries (id) WHERE state = 'post';

-- Mails that were read by themselves, each once: what they were and what was done.
CREATE TABLE mails_read (
    id INTEGER PRIMARY KEY NOT NULL,
    -- The sum of its bytes, or where it lies when it was not read: a mail that is found again is known.
    key TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    deed TEXT NOT NULL,
    delivery_id BIGINT,
    -- The mailbox of ours that was not reached, in small letters; empty where none is named.
    recipient TEXT NOT NULL,
    -- Who wrote it and what about; kept for mails that staff must look at, empty for others.
    sender TEXT NOT NULL,
    subject TEXT NOT NULL,
    reason TEXT NOT NULL,
    read_at TIMESTAMP NOT NULL,
    -- When staff had seen it, where they must.
    seen_at TIMESTAMP
);
CREATE INDEX mails_read_recipient ON mails_read (recipient) WHERE recipient <> '';
CREATE INDEX mails_read_unseen ON mails_read (id) WHERE deed = 'staff' AND seen_at IS NULL;

-- Addresses that do not take our mail, until staff correct them.
CREATE TABLE stopped_addresses (
    address TEXT PRIMARY KEY NOT NULL,
    reason TEXT NOT NULL,
    since TIMESTAMP NOT NULL
);

-- Why mail that comes back cannot be read, and since when; one row, or none while it can.
CREATE TABLE mailbox_trouble (
    id INTEGER PRIMARY KEY NOT NULL,
    reason TEXT NOT NULL,
    since TIMESTAMP NOT NULL
);

-- Promises that are not to be asked about: the giver said so.
CREATE TABLE reminders_stopped (
    donation_id INTEGER PRIMARY KEY NOT NULL,
    stopped_at TIMESTAMP NOT NULL
);

-- Standing-order forms that readers asked for: the key of the promise whose reference the bank's lines will carry, and
-- the day of the month that they chose.
CREATE TABLE standing_order_forms (
    gift_key TEXT PRIMARY KEY NOT NULL,
    day BIGINT NOT NULL CHECK (day BETWEEN 1 AND 31)
);
