ALTER TABLE share_interest_lines DROP COLUMN event;
ALTER TABLE share_interest_runs DROP COLUMN taken_back_at;
ALTER TABLE share_inspections DROP COLUMN taken_back_at;
