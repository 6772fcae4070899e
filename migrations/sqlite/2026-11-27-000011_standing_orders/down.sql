DROP TABLE standing_order_reading;
DROP TABLE standing_order_arrivals;
DROP TABLE standing_order_changes;
DROP TABLE standing_orders;
DROP TABLE appeal_days;
