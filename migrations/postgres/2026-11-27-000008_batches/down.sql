DROP TABLE paying_slip_items;
DROP TABLE paying_slips;
DROP TABLE batch_rows;
DROP TABLE batches;
DROP TABLE batch_settings;
