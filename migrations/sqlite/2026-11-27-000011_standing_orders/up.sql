-- What an appeal raised of each day by each method, moved in the transaction that moves its total: pictures and
-- columns read days and not gifts.

CREATE TABLE appeal_days (
    appeal_id BIGINT NOT NULL REFERENCES appeals (id),
    -- The day on which the gifts were received; what went back later is taken off here.
    day DATE NOT NULL,
    method TEXT NOT NULL,
    raised_minor BIGINT NOT NULL,
    donations BIGINT NOT NULL,
    PRIMARY KEY (appeal_id, day, method)
) WITHOUT ROWID;

INSERT INTO appeal_days (appeal_id, day, method, raised_minor, donations)
SELECT appeal_id, received_on, method, SUM(amount_minor - returned_minor),
       SUM(CASE WHEN status = 'received' THEN 1 ELSE 0 END)
FROM donations
WHERE entry IS NOT NULL AND received_on IS NOT NULL
GROUP BY appeal_id, received_on, method;

-- Promises that recur: so much, on this day of each month, until it is stopped.

CREATE TABLE standing_orders (
    id INTEGER PRIMARY KEY NOT NULL,
    -- The form or the pattern that made it, so that a second click makes no second one.
    key TEXT NOT NULL UNIQUE,
    fund_id BIGINT NOT NULL REFERENCES funds (id),
    -- Who promised. Their name stands with the supporter and nowhere else.
    supporter_id BIGINT NOT NULL REFERENCES supporters (id),
    method TEXT NOT NULL CHECK (method IN ('standing_order', 'direct_debit')),
    origin TEXT NOT NULL CHECK (origin IN ('learnt', 'entered')),
    -- Offered to staff, kept by them, or declined.
    state TEXT NOT NULL CHECK (state IN ('offered', 'kept', 'declined')),
    -- What it is worth now, and what it was worth at first; the changes say what lies between.
    amount_minor BIGINT NOT NULL CHECK (amount_minor > 0),
    first_minor BIGINT NOT NULL CHECK (first_minor > 0),
    day BIGINT NOT NULL CHECK (day BETWEEN 1 AND 31),
    since_on DATE NOT NULL,
    until_on DATE,
    -- Worked out from the two days above: the first month that is expected, and the first that is not any more.
    first_month DATE NOT NULL,
    end_month DATE,
    -- The latest month that has come, or the one before the first; the arrivals say which gift it was.
    met_month DATE NOT NULL,
    recorded_at TIMESTAMP NOT NULL,
    recorded_by TEXT NOT NULL,
    request_id TEXT NOT NULL
);

CREATE INDEX standing_orders_supporter ON standing_orders (supporter_id);
-- Holds everything that the sums of a month ask for.
CREATE INDEX standing_orders_month ON standing_orders (state, fund_id, day, met_month, first_month, end_month, amount_minor);

-- What was changed of one, by whom and why.
CREATE TABLE standing_order_changes (
    id INTEGER PRIMARY KEY NOT NULL,
    order_id BIGINT NOT NULL REFERENCES standing_orders (id),
    key TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL CHECK (kind IN ('amount', 'stopped', 'resumed', 'kept', 'declined')),
    -- The day it counts from, and the first month it counts for.
    from_on DATE NOT NULL,
    from_month DATE NOT NULL,
    old_minor BIGINT NOT NULL,
    new_minor BIGINT NOT NULL,
    reason TEXT NOT NULL,
    changed_at TIMESTAMP NOT NULL,
    changed_by TEXT NOT NULL,
    request_id TEXT NOT NULL
);

CREATE INDEX standing_order_changes_order ON standing_order_changes (order_id);

-- Which gift met which month: one gift one month, one month one gift.
CREATE TABLE standing_order_arrivals (
    order_id BIGINT NOT NULL REFERENCES standing_orders (id),
    month DATE NOT NULL,
    donation_id BIGINT NOT NULL UNIQUE REFERENCES donations (id),
    PRIMARY KEY (order_id, month)
) WITHOUT ROWID;

-- How far the gifts and what happened to them have been read.
CREATE TABLE standing_order_reading (
    id INTEGER PRIMARY KEY NOT NULL CHECK (id = 1),
    donation BIGINT NOT NULL,
    event BIGINT NOT NULL
);

INSERT INTO standing_order_reading (id, donation, event) VALUES (1, 0, 0);
