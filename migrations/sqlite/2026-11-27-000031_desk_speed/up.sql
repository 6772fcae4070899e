-- What took something back, for the audit pack: few entries, and none that a gift writes.
CREATE INDEX entries_corrects ON entries (number) WHERE corrects IS NOT NULL;

-- What standing orders began in each month, with what they were worth.
CREATE INDEX standing_orders_begun ON standing_orders (state, fund_id, first_month, first_minor);
