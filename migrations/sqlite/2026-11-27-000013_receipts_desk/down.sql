DROP TABLE statement_runs;
DROP TABLE receipt_proofs;
ALTER TABLE deliveries DROP COLUMN returned_at;
DROP INDEX supporters_unreachable;
ALTER TABLE supporters DROP COLUMN same_as;
ALTER TABLE supporters DROP COLUMN address;
