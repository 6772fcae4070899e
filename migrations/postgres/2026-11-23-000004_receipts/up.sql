-- Numbered proof of money received, and the mail that carries it.

CREATE TABLE receipts (
    donation_id BIGINT PRIMARY KEY NOT NULL,
    year BIGINT NOT NULL,
    number BIGINT NOT NULL,
    issued_at TIMESTAMP NOT NULL,
    UNIQUE (year, number)
);

CREATE TABLE deliveries (
    id BIGINT PRIMARY KEY NOT NULL,
    kind TEXT NOT NULL,
    -- What it is about; the kind says whether that is a donation, an application, an event of the register...
    subject_id BIGINT NOT NULL,
    -- What happened to it: a refund, a bounce, a holder's side of an event.
    event_id BIGINT,
    recipient TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('queued', 'sending', 'sent', 'failed', 'post')),
    attempts BIGINT NOT NULL,
    due_at TIMESTAMP NOT NULL,
    last_error TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    sent_at TIMESTAMP
);

-- A claimed delivery is due again when its lease has run out, so one index serves both.
CREATE INDEX deliveries_due ON deliveries (due_at) WHERE state IN ('queued', 'sending');
CREATE INDEX deliveries_failed ON deliveries (id) WHERE state = 'failed';
CREATE INDEX deliveries_subject ON deliveries (subject_id);
CREATE INDEX deliveries_post ON deliveries (id) WHERE state = 'post';
