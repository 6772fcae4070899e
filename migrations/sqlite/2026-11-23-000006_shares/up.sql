-- The share register: who owns the society, and how it came to be so.
--
-- A holding is a sum of lines. Rows of share_events and share_lines are inserted and never touched again.

CREATE TABLE share_settings (
    id INTEGER PRIMARY KEY NOT NULL CHECK (id = 1),
    -- Whether the web takes applications.
    is_open BOOLEAN NOT NULL,
    -- What a share is and is not, in the society's words.
    offer TEXT NOT NULL,
    rules_version TEXT NOT NULL,
    -- What the days of the register are counted in.
    zone TEXT NOT NULL,
    age_min BIGINT NOT NULL CHECK (age_min >= 0),
    -- The most a person may have in withdrawable shares of all classes (Act of 2014, section 24).
    law_maximum_minor BIGINT NOT NULL CHECK (law_maximum_minor > 0),
    -- A joint holding counts in full for each of its holders.
    joint_counts_in_full BOOLEAN NOT NULL,
    -- Who recorded a request may not decide it.
    needs_second_person BOOLEAN NOT NULL,
    -- Whether the society pays interest on shares at all.
    pays_interest BOOLEAN NOT NULL
);

CREATE TABLE share_classes (
    id INTEGER PRIMARY KEY NOT NULL,
    code TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    currency TEXT NOT NULL,
    nominal_minor BIGINT NOT NULL CHECK (nominal_minor > 0)
);

-- What the rules say of a class, from a day on. A change of the rules is a new row.
CREATE TABLE share_terms (
    id INTEGER PRIMARY KEY NOT NULL,
    class_id BIGINT NOT NULL REFERENCES share_classes (id),
    valid_from DATE NOT NULL,
    withdrawable BOOLEAN NOT NULL,
    transferable BOOLEAN NOT NULL,
    -- A transfer needs the committee's consent.
    needs_consent BOOLEAN NOT NULL,
    voting BOOLEAN NOT NULL,
    minimum_shares BIGINT NOT NULL CHECK (minimum_shares >= 1),
    maximum_shares BIGINT NOT NULL CHECK (maximum_shares >= minimum_shares),
    notice_days BIGINT NOT NULL CHECK (notice_days >= 0),
    -- The most that may be withdrawn in a calendar year, as a percentage of the capital at its start.
    yearly_limit_percent BIGINT CHECK (yearly_limit_percent BETWEEN 0 AND 100),
    rule_ref TEXT NOT NULL,
    recorded_at TIMESTAMP NOT NULL,
    recorded_by TEXT NOT NULL,
    UNIQUE (class_id, valid_from)
);

-- A person, joint holders or an organisation; a member once shares were allotted.
CREATE TABLE holders (
    id INTEGER PRIMARY KEY NOT NULL,
    member_number BIGINT UNIQUE,
    kind TEXT NOT NULL CHECK (kind IN ('person', 'joint', 'organisation', 'society')),
    date_of_birth DATE,
    -- As the paper register has them, for who was a member before this one was kept here.
    paper_entered_on DATE,
    paper_ceased_on DATE,
    -- The section chosen; otherwise the one of the postcode.
    section_id BIGINT,
    created_at TIMESTAMP NOT NULL
);

-- What section 30 asks for, from a day on.
CREATE TABLE holder_particulars (
    id INTEGER PRIMARY KEY NOT NULL,
    holder_id BIGINT NOT NULL REFERENCES holders (id),
    valid_from DATE NOT NULL,
    name TEXT NOT NULL,
    -- Joint holders, one a line; the first named votes.
    names TEXT NOT NULL,
    representative TEXT NOT NULL,
    address TEXT NOT NULL,
    email TEXT,
    -- What the address may be used for, separated by commas.
    email_purposes TEXT NOT NULL,
    -- Name and address as searches compare them.
    search TEXT NOT NULL,
    reason TEXT NOT NULL,
    recorded_at TIMESTAMP NOT NULL,
    recorded_by TEXT NOT NULL
);

CREATE INDEX holder_particulars_holder ON holder_particulars (holder_id, valid_from, id);

-- Persons as the maximum counts them: the same name at the same address is the same person.
CREATE TABLE holder_interests (
    holder_id BIGINT NOT NULL REFERENCES holders (id),
    person TEXT NOT NULL,
    PRIMARY KEY (holder_id, person)
);

CREATE INDEX holder_interests_person ON holder_interests (person);

CREATE TABLE share_applications (
    id INTEGER PRIMARY KEY NOT NULL,
    holder_id BIGINT NOT NULL REFERENCES holders (id),
    class_id BIGINT NOT NULL REFERENCES share_classes (id),
    shares BIGINT NOT NULL CHECK (shares > 0),
    amount_minor BIGINT NOT NULL CHECK (amount_minor > 0),
    -- What is held for it in share-applications.
    held_minor BIGINT NOT NULL CHECK (held_minor >= 0),
    status TEXT NOT NULL CHECK (status IN ('waiting', 'allotted', 'refused', 'withdrawn')),
    method TEXT NOT NULL,
    -- A gift that comes with the money, and the donation it became.
    gift_minor BIGINT NOT NULL CHECK (gift_minor >= 0),
    gift_donation BIGINT,
    rules_version TEXT NOT NULL,
    applied_on DATE NOT NULL,
    recorded_at TIMESTAMP NOT NULL,
    recorded_by TEXT NOT NULL,
    decided_at TIMESTAMP,
    decided_by TEXT,
    reason TEXT NOT NULL,
    minute TEXT NOT NULL,
    -- The allotment.
    event BIGINT
);

CREATE INDEX share_applications_status ON share_applications (status, id);
CREATE INDEX share_applications_holder ON share_applications (holder_id);

-- Money that came for an application (positive) or went back (negative).
CREATE TABLE share_payments (
    id INTEGER PRIMARY KEY NOT NULL,
    application_id BIGINT NOT NULL,
    amount_minor BIGINT NOT NULL CHECK (amount_minor <> 0),
    method TEXT NOT NULL,
    received_on DATE NOT NULL,
    entry BIGINT NOT NULL,
    recorded_at TIMESTAMP NOT NULL,
    recorded_by TEXT NOT NULL
);

CREATE INDEX share_payments_application ON share_payments (application_id);

-- The book. Numbers have no gap; each hash covers the one before.
CREATE TABLE share_events (
    number INTEGER PRIMARY KEY NOT NULL,
    kind TEXT NOT NULL,
    effective_on DATE NOT NULL,
    recorded_at TIMESTAMP NOT NULL,
    recorded_by TEXT NOT NULL,
    -- Where the committee's decision is written down.
    minute TEXT NOT NULL,
    -- The public reference of what caused it. Never a name: it is hashed.
    subject TEXT NOT NULL,
    reason TEXT NOT NULL,
    reverses BIGINT UNIQUE,
    -- What it posted in the ledger.
    entry BIGINT,
    request_id TEXT NOT NULL,
    hash BLOB NOT NULL
);

CREATE INDEX share_events_effective ON share_events (effective_on, number);

CREATE TABLE share_lines (
    event BIGINT NOT NULL,
    line BIGINT NOT NULL,
    -- None is the society itself.
    holder_id BIGINT,
    class_id BIGINT NOT NULL,
    -- Signed; the lines of an event sum to nothing in each class.
    shares BIGINT NOT NULL CHECK (shares <> 0),
    paid_minor BIGINT NOT NULL,
    -- As the event has it.
    effective_on DATE NOT NULL,
    -- The event that a reversal takes back; otherwise its own. Where these lines sum to nothing, nothing happened.
    counts_as BIGINT NOT NULL,
    PRIMARY KEY (event, line)
);

CREATE INDEX share_lines_holder ON share_lines (holder_id, class_id, effective_on, event);

CREATE TABLE share_certificates (
    number INTEGER PRIMARY KEY NOT NULL,
    holder_id BIGINT NOT NULL,
    class_id BIGINT NOT NULL,
    shares BIGINT NOT NULL CHECK (shares > 0),
    -- What a stranger types to confirm it.
    code TEXT NOT NULL UNIQUE,
    issued_on DATE NOT NULL,
    issued_event BIGINT NOT NULL,
    cancelled_on DATE,
    cancelled_event BIGINT,
    -- The certificate whose place it took.
    replaces BIGINT,
    -- Its number in the paper register.
    old_number TEXT NOT NULL,
    reason TEXT NOT NULL
);

CREATE INDEX share_certificates_holder ON share_certificates (holder_id, class_id);

CREATE TABLE share_withdrawals (
    id INTEGER PRIMARY KEY NOT NULL,
    holder_id BIGINT NOT NULL REFERENCES holders (id),
    class_id BIGINT NOT NULL REFERENCES share_classes (id),
    shares BIGINT NOT NULL CHECK (shares > 0),
    amount_minor BIGINT NOT NULL CHECK (amount_minor > 0),
    notice_given_on DATE NOT NULL,
    due_on DATE NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('notice_given', 'agreed', 'refused', 'paid')),
    recorded_at TIMESTAMP NOT NULL,
    recorded_by TEXT NOT NULL,
    decided_at TIMESTAMP,
    decided_by TEXT,
    reason TEXT NOT NULL,
    minute TEXT NOT NULL,
    -- The withdrawal in the book.
    event BIGINT,
    paid_on DATE,
    paid_entry BIGINT
);

CREATE INDEX share_withdrawals_status ON share_withdrawals (status, notice_given_on, id);
CREATE INDEX share_withdrawals_holder ON share_withdrawals (holder_id);

-- Days on which the committee agrees to no withdrawal.
CREATE TABLE share_suspensions (
    id INTEGER PRIMARY KEY NOT NULL,
    class_id BIGINT NOT NULL REFERENCES share_classes (id),
    from_on DATE NOT NULL,
    reason TEXT NOT NULL,
    minute TEXT NOT NULL,
    recorded_at TIMESTAMP NOT NULL,
    recorded_by TEXT NOT NULL,
    lifted_on DATE,
    lifted_reason TEXT NOT NULL,
    lifted_by TEXT
);

-- The book of nominations (Act of 2014, section 37).
CREATE TABLE share_nominations (
    id INTEGER PRIMARY KEY NOT NULL,
    holder_id BIGINT NOT NULL REFERENCES holders (id),
    nominee TEXT NOT NULL,
    address TEXT NOT NULL,
    relation TEXT NOT NULL,
    is_officer BOOLEAN NOT NULL,
    percent BIGINT NOT NULL CHECK (percent BETWEEN 1 AND 100),
    made_on DATE NOT NULL,
    revoked_on DATE,
    revoked_reason TEXT NOT NULL,
    recorded_at TIMESTAMP NOT NULL,
    recorded_by TEXT NOT NULL
);

CREATE INDEX share_nominations_holder ON share_nominations (holder_id);

-- What the society was told of a member's death.
CREATE TABLE share_deaths (
    holder_id BIGINT PRIMARY KEY NOT NULL REFERENCES holders (id),
    died_on DATE NOT NULL,
    told_on DATE NOT NULL,
    proof TEXT NOT NULL,
    recorded_at TIMESTAMP NOT NULL,
    recorded_by TEXT NOT NULL
);

-- Where members meet and vote.
CREATE TABLE share_sections (
    id INTEGER PRIMARY KEY NOT NULL,
    name TEXT NOT NULL UNIQUE
);

-- Postcodes that begin so belong to a section; the longest beginning wins.
CREATE TABLE share_section_areas (
    area TEXT PRIMARY KEY NOT NULL,
    section_id BIGINT NOT NULL REFERENCES share_sections (id)
);

-- Officers (Act of 2014, section 30(3)).
CREATE TABLE share_officers (
    id INTEGER PRIMARY KEY NOT NULL,
    name TEXT NOT NULL,
    address TEXT NOT NULL,
    email TEXT,
    office TEXT NOT NULL,
    from_on DATE NOT NULL,
    until_on DATE,
    recorded_at TIMESTAMP NOT NULL,
    recorded_by TEXT NOT NULL
);

-- Who looked at the register, and at which form of it (Act of 2014, section 103).
CREATE TABLE share_inspections (
    id INTEGER PRIMARY KEY NOT NULL,
    inspected_on DATE NOT NULL,
    name TEXT NOT NULL,
    capacity TEXT NOT NULL,
    shown TEXT NOT NULL,
    recorded_at TIMESTAMP NOT NULL,
    recorded_by TEXT NOT NULL
);

-- What one person entered and another is to decide, where the setting asks for two.
CREATE TABLE share_proposals (
    id INTEGER PRIMARY KEY NOT NULL,
    -- "transfer", "reversal", ...
    deed TEXT NOT NULL,
    -- A member number or the number of an event.
    subject TEXT NOT NULL,
    -- The form, as it was sent.
    form TEXT NOT NULL,
    recorded_at TIMESTAMP NOT NULL,
    recorded_by TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('waiting', 'approved', 'refused')),
    decided_at TIMESTAMP,
    decided_by TEXT,
    reason TEXT NOT NULL
);

CREATE INDEX share_proposals_waiting ON share_proposals (id) WHERE status = 'waiting';

-- Interest that was declared for a time, and what each member gets.
CREATE TABLE share_interest_runs (
    id INTEGER PRIMARY KEY NOT NULL,
    class_id BIGINT NOT NULL REFERENCES share_classes (id),
    from_on DATE NOT NULL,
    until_on DATE NOT NULL,
    -- Hundredths of a per cent a year.
    rate_bp BIGINT NOT NULL CHECK (rate_bp > 0),
    declared_on DATE NOT NULL,
    minute TEXT NOT NULL,
    total_minor BIGINT NOT NULL,
    entry BIGINT NOT NULL,
    paid_on DATE,
    paid_entry BIGINT,
    recorded_at TIMESTAMP NOT NULL,
    recorded_by TEXT NOT NULL
);

CREATE TABLE share_interest_lines (
    run_id BIGINT NOT NULL REFERENCES share_interest_runs (id),
    holder_id BIGINT NOT NULL,
    share_days BIGINT NOT NULL,
    amount_minor BIGINT NOT NULL,
    PRIMARY KEY (run_id, holder_id)
);

-- What was answered to a request, by its key: a repeat is answered the same and changes nothing.
CREATE TABLE share_deeds (
    key TEXT PRIMARY KEY NOT NULL,
    fingerprint BLOB NOT NULL,
    answer TEXT NOT NULL,
    recorded_at TIMESTAMP NOT NULL
);

-- What a society begins with; its rules may say otherwise, under Settings.
INSERT INTO share_settings VALUES (1, TRUE,
'A share makes you an owner of the paper. Every member has one vote, whether they hold one share or ten thousand. A share never gains in value and pays no dividend: it is there so that the paper can appear. You may not get your money back, and no compensation scheme or ombudsman protects it. Please buy only what you can do without.',
'1', 'Europe/London', 16, 10000000, TRUE, FALSE, FALSE);
INSERT INTO share_classes VALUES (1, 'ordinary', 'Ordinary shares', 'GBP', 100);
INSERT INTO share_terms VALUES (1, 1, '1900-01-01', TRUE, TRUE, FALSE, TRUE, 1, 20000, 90, NULL, '', '2026-11-23 00:00:00', 'the program');

CREATE TRIGGER share_events_are_never_changed BEFORE UPDATE ON share_events
BEGIN SELECT RAISE(ABORT, 'an event of the register is never changed'); END;
CREATE TRIGGER share_events_are_never_deleted BEFORE DELETE ON share_events
BEGIN SELECT RAISE(ABORT, 'an event of the register is never deleted'); END;
CREATE TRIGGER share_lines_are_never_changed BEFORE UPDATE ON share_lines
BEGIN SELECT RAISE(ABORT, 'a line of the register is never changed'); END;
CREATE TRIGGER share_lines_are_never_deleted BEFORE DELETE ON share_lines
BEGIN SELECT RAISE(ABORT, 'a line of the register is never deleted'); END;
