DROP TABLE deliveries;
DROP TABLE receipts;
