ALTER TABLE batch_rows DROP COLUMN cheque_number;
