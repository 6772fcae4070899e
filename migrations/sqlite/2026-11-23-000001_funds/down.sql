DROP TABLE appeal_totals;
DROP TABLE appeal_changes;
DROP TABLE appeals;
DROP TABLE funds;
DROP TABLE secrets;
DROP TABLE society;
