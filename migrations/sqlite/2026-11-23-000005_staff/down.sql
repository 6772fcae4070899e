DROP TABLE audit;
DROP TABLE tokens;
DROP TABLE invitations;
DROP TABLE sessions;
DROP TABLE staff;
