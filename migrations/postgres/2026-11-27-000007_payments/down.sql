DELETE FROM donation_events WHERE kind = 'taken_back';
ALTER TABLE donation_events DROP COLUMN promised_method;
ALTER TABLE donation_events DROP COLUMN promised_minor;
ALTER TABLE donation_events DROP CONSTRAINT donation_events_kind_check;
ALTER TABLE donation_events ADD CONSTRAINT donation_events_kind_check
CHECK (kind IN ('received', 'refunded', 'bounced', 'cancelled', 'resent'));

DROP INDEX share_payments_in_hand;
DROP INDEX donations_in_hand;
DROP INDEX share_payments_entry;
ALTER TABLE share_payments DROP COLUMN takes_back;
ALTER TABLE share_payments DROP COLUMN held_in;
ALTER TABLE donations DROP COLUMN held_in;
DROP TABLE allocations;
