-- What took something back, for the audit pack: few entries, and none that a gift writes.
CREATE INDEX entries_corrects ON entries (number) WHERE corrects IS NOT NULL;

-- What standing orders began in each month, with what they were worth.
CREATE INDEX standing_orders_begun ON standing_orders (state, fund_id, first_month, first_minor);

-- Promises, which no gift that has come is among: of an amount for the queue of the bank, of an appeal for its page.
CREATE INDEX donations_promised ON donations (amount_minor, id) WHERE status = 'pledged';
CREATE INDEX donations_promised_of ON donations (appeal_id, amount_minor) WHERE status = 'pledged';
