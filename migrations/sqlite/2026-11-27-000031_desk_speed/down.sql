DROP INDEX donations_promised_of;
DROP INDEX donations_promised;
DROP INDEX standing_orders_begun;
DROP INDEX entries_corrects;
