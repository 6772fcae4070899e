-- A row of the post takes the giver's postal address, and whom its gift commemorates.

ALTER TABLE batch_rows ADD COLUMN address TEXT NOT NULL DEFAULT '';
ALTER TABLE batch_rows ADD COLUMN in_memory_of TEXT NOT NULL DEFAULT '';
-- True when the giver agreed that the paper may print it.
ALTER TABLE batch_rows ADD COLUMN memory_in_print BOOLEAN NOT NULL DEFAULT FALSE;
