-- What strangers asked for by a public form: from where, and whether a letter went out for it. Kept only until the
-- gift or the application has come to something or to nothing.
CREATE TABLE stranger_requests (
    id INTEGER PRIMARY KEY NOT NULL,
    -- The kind of letter: 'pledge' is about a donation, 'share-application' about an application.
    kind TEXT NOT NULL,
    subject_id BIGINT NOT NULL,
    -- The network of one household: "192.0.2.7/32".
    network TEXT NOT NULL,
    -- The mailbox that the letter was for, as budgets count it.
    mailbox TEXT,
    recipient TEXT NOT NULL,
    -- Whose budget was spent, where the letter was not written.
    withheld TEXT CHECK (withheld IN ('mailbox', 'place', 'house')),
    asked_at TIMESTAMP NOT NULL
);

CREATE INDEX stranger_requests_mailbox ON stranger_requests (mailbox, asked_at) WHERE mailbox IS NOT NULL;
CREATE INDEX stranger_requests_subject ON stranger_requests (subject_id, kind);
CREATE INDEX stranger_requests_asked ON stranger_requests (asked_at);
CREATE INDEX stranger_requests_withheld ON stranger_requests (id) WHERE withheld IS NOT NULL;
