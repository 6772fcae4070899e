DROP TABLE book_proofs;
DROP INDEX donation_events_counts_in;
ALTER TABLE donation_events DROP COLUMN counts_in;
ALTER TABLE donations DROP COLUMN memory_in_print;
ALTER TABLE donations DROP COLUMN in_memory_of;
