ALTER TABLE batch_rows DROP COLUMN memory_in_print;
ALTER TABLE batch_rows DROP COLUMN in_memory_of;
ALTER TABLE batch_rows DROP COLUMN address;
