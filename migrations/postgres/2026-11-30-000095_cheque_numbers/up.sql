-- The number printed on a cheque; empty where nobody typed it.

ALTER TABLE batch_rows ADD COLUMN cheque_number TEXT NOT NULL DEFAULT '';
