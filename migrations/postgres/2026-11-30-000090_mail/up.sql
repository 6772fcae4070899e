-- Mail that comes back, letters that are not needed any more, to whom a letter went, standing-order forms, reminders.

-- A letter may be dropped: its reason is gone.
ALTER TABLE deliveries DROP CONSTRAINT deliveries_state_check;
ALTER TABLE deliveries ADD CONSTRAINT deliveries_state_check
    CHECK (state IN ('queued', 'sending', 'sent', 'failed', 'post', 'dropped'));
-- The name and the postal address that it went to, as they were then; none before it left.
ALTER TABLE deliveries ADD COLUMN went_to_name TEXT;
ALTER TABLE deliveries ADD COLUMN went_to_address TEXT;

-- Mails that were read by themselves, each once: what they were and what was done.
CREATE TABLE mails_read (
    id BIGINT PRIMARY KEY NOT NULL,
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
    id BIGINT PRIMARY KEY NOT NULL,
    reason TEXT NOT NULL,
    since TIMESTAMP NOT NULL
);

-- Promises that are not to be asked about: the giver said so.
CREATE TABLE reminders_stopped (
    donation_id BIGINT PRIMARY KEY NOT NULL,
    stopped_at TIMESTAMP NOT NULL
);

-- Standing-order forms that readers asked for: the key of the promise whose reference the bank's lines will carry, and
-- the day of the month that they chose.
CREATE TABLE standing_order_forms (
    gift_key TEXT PRIMARY KEY NOT NULL,
    day BIGINT NOT NULL CHECK (day BETWEEN 1 AND 31)
);
