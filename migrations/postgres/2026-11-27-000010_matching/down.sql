DROP INDEX allocations_unallocated;
DROP TABLE bank_settings;
DROP TABLE payers;
