DROP TABLE donation_events;
DROP TABLE donations;
DROP TABLE supporters;
