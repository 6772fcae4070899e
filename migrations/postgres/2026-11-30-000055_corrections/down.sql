DELETE FROM donation_events WHERE kind = 'corrected';
ALTER TABLE donation_events DROP COLUMN was_appeal_id;
ALTER TABLE donation_events DROP COLUMN was_minor;
ALTER TABLE donation_events DROP CONSTRAINT donation_events_kind_check;
ALTER TABLE donation_events ADD CONSTRAINT donation_events_kind_check
CHECK (kind IN ('received', 'refunded', 'bounced', 'cancelled', 'resent', 'taken_back'));
ALTER TABLE appeal_totals DROP COLUMN adjusted_minor;
