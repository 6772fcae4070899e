DROP TABLE standing_order_forms;
DROP TABLE reminders_stopped;
DROP TABLE mailbox_trouble;
DROP TABLE stopped_addresses;
DROP TABLE mails_read;
ALTER TABLE deliveries DROP COLUMN went_to_address;
ALTER TABLE deliveries DROP COLUMN went_to_name;
DELETE FROM deliveries WHERE state = 'dropped';
ALTER TABLE deliveries DROP CONSTRAINT deliveries_state_check;
ALTER TABLE deliveries ADD CONSTRAINT deliveries_state_check
    CHECK (state IN ('queued', 'sending', 'sent', 'failed', 'post'));
