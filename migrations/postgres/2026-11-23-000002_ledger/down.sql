DROP TABLE account_days;
DROP TABLE postings;
DROP TABLE entries;
DROP TABLE accounts;
DROP FUNCTION refuse_change();
